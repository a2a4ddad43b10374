//! AWS services that assume roles.

use std::collections::HashMap;
use std::sync::LazyLock;

use portcullis_model::is_region;

/// Services whose documentation asks for confused-deputy conditions in trust policies. Roles for
/// services such as EC2 and Lambda are passed within one account, and these services do not send
/// the keys.
const LIST: &str = include_str!("../../data/services.toml");

/// The address of that documentation, by the service's name.
static DEPUTIES: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| toml::from_str(LIST).expect("the list is read by a test"));

/// Whether the service can say on whose behalf it acts.
pub(super) fn is_deputy(service: &str) -> bool {
    DEPUTIES.contains_key(&without_region(service))
}

/// Whether two names are those of the same service: `states.eu-west-1.amazonaws.com` is
/// `states.amazonaws.com`.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one == other || without_region(one) == without_region(other)
}

/// The suffixes of service names in other partitions, in place of `.amazonaws.com`.
///
/// <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>
const SUFFIXES: [&str; 6] = [
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
    ".sc2s.sgov.gov",
];

/// The service's name without a region, as in the partition `aws`.
pub(super) fn without_region(service: &str) -> String {
    let mut name = service.to_ascii_lowercase();
    if let Some(own) = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)) {
        name = format!("{own}.amazonaws.com");
    }
    let labels: Vec<&str> = name.split('.').filter(|label| !is_region(label)).collect();
    labels.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_known_in_every_region_and_partition() {
        assert!(is_deputy("states.amazonaws.com"));
        assert!(is_deputy("states.eu-west-1.amazonaws.com"));
        assert!(is_deputy("logs.cn-north-1.amazonaws.com.cn"));
        assert!(is_deputy("logs.us-iso-east-1.c2s.ic.gov") && is_deputy("config.c2s.ic.gov"));
        assert!(is_deputy("dms.sc2s.sgov.gov") && is_deputy("logs.eusc-de-east-1.amazonaws.eu"));
        assert!(!is_deputy("ec2.c2s.ic.gov") && !is_deputy("config.example.gov"));
        assert!(!is_deputy("ec2.amazonaws.com") && !is_deputy("lambda.amazonaws.com"));
    }

    #[test]
    fn the_list_is_sorted_and_every_row_has_a_source() {
        assert!(
            LIST.lines()
                .filter(|line| line.starts_with('"'))
                .is_sorted()
        );
        for (name, source) in &*DEPUTIES {
            assert!(source.starts_with("https://docs.aws.amazon.com/"), "{name}");
            assert_eq!(without_region(name), *name);
        }
    }
}
