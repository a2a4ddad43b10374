//! Values in commands that people paste.

/// The value as one word of a shell command, on one line whatever it holds.
#[must_use]
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.contains(char::is_control) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let escape = |c: char| match c {
        '\\' | '\'' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    format!("$'{}'", word.chars().map(escape).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_one_shell_word() {
        assert_eq!(
            shell_word("arn:aws:iam::111122223333:mfa/a+b=c,d.e@f_g-h"),
            "arn:aws:iam::111122223333:mfa/a+b=c,d.e@f_g-h"
        );
        assert_eq!(shell_word("x; rm -rf ~"), "'x; rm -rf ~'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("x\nrm -rf '~'\\"), r"$'x\u000arm -rf \'~\'\\'");
    }
}
