//! Quoting values in commands that users paste into a shell.

/// Returns the value as one word of a shell command, always on one line.
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if !word.contains(char::is_control) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut escaped = String::new();
    for c in word.chars() {
        match c {
            '\\' | '\'' => escaped.extend(['\\', c]),
            c if c.is_control() => {
                let code = format!("\\u{:04x}", u32::from(c));
                escaped.push_str(&code);
            }
            c => escaped.push(c),
        }
    }
    format!("$'{escaped}'")
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
