//! Names of regions.

/// Longer than any; what is longer is no name.
const MAX_LENGTH: usize = 32;

/// Whether a text has the form of a region's name, such as `us-gov-west-1`: the credential report
/// also says `N/A`, and the name becomes part of a host name.
pub(crate) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    text.len() <= MAX_LENGTH
        && words.len() >= 2
        && words.iter().all(is_word)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_regions_end_in_a_number() {
        for name in ["eu-central-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"] {
            assert!(is_region(name), "{name}");
        }
        let others = ["", "N/A", "global", "aws-global", "us-1", "evil.example/eu-west-1", "--1"];
        for other in others.into_iter().chain([&*format!("{}-a-1", "a".repeat(40))]) {
            assert!(!is_region(other), "{other}");
        }
    }
}
