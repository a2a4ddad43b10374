//! User classes, as declared in the configuration.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};
use portcullis_model::{Fact, Sources, UserClass};
use thiserror::Error;

/// The declared user classes, `[classes.service]` and `[classes.break-glass]` of the
/// configuration; a user that matches neither is `human`.
///
/// Names, paths and tag keys match regardless of case, since IAM keeps them unique regardless of
/// case. Tag values match exactly. A `*` in names and paths also matches `/`.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    /// Users of services.
    pub service: Patterns,
    /// Users for emergencies.
    pub break_glass: Patterns,
}

/// A user matches two classes; the configuration must be changed so that it matches one.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error(
    "user {user} is in two classes: service by {service}, break-glass by {break_glass}; \
     change one of the two patterns in the configuration"
)]
pub struct ClassConflict {
    /// The user's name.
    pub user: String,
    /// The pattern of the class `service` that it matches, such as `names \"svc-*\"`.
    pub service: String,
    /// The pattern of the class `break-glass` that it matches.
    pub break_glass: String,
}

/// The patterns of a class; a user that matches any of them belongs to it.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// Patterns of user names.
    pub names: Vec<GlobMatcher>,
    /// Patterns of user paths.
    pub paths: Vec<GlobMatcher>,
    /// Tags of users.
    pub tags: BTreeMap<String, String>,
}

/// The properties of a user that decide its class.
pub(crate) struct Candidate<'a> {
    pub(crate) name: &'a str,
    pub(crate) path: &'a str,
    pub(crate) tags: Fact<Vec<(&'a str, &'a str)>>,
}

impl Classes {
    /// Returns the classes that have patterns, with each pattern in words, such as `names "svc-*"`.
    pub fn describe(&self) -> Vec<(UserClass, Vec<String>)> {
        let Classes { service, break_glass } = self;
        let mut described = vec![
            (UserClass::Service, service.describe()),
            (UserClass::BreakGlass, break_glass.describe()),
        ];
        described.retain(|(_, patterns)| !patterns.is_empty());
        described
    }

    /// Returns a user's class; missing if it depends on unknown tags.
    pub(crate) fn class_of(&self, user: &Candidate<'_>) -> Result<Fact<UserClass>, ClassConflict> {
        let (service, break_glass) = (self.service.matching(user), self.break_glass.matching(user));
        match (service, break_glass) {
            (Ok(Some(service)), Ok(Some(break_glass))) => {
                Err(ClassConflict { user: user.name.to_owned(), service, break_glass })
            }
            (Ok(Some(_)), _) => Ok(Fact::Known(UserClass::Service)),
            (_, Ok(Some(_))) => Ok(Fact::Known(UserClass::BreakGlass)),
            (Err(missing), _) | (_, Err(missing)) => Ok(Fact::Missing(missing)),
            (Ok(None), Ok(None)) => Ok(Fact::Known(UserClass::Human)),
        }
    }
}

impl Patterns {
    /// Returns each pattern in words.
    fn describe(&self) -> Vec<String> {
        let globs = |field: &str, globs: &[GlobMatcher]| {
            globs
                .iter()
                .map(|glob| format!("{field} {:?}", glob.glob().glob()))
                .collect::<Vec<_>>()
        };
        let tags = self
            .tags
            .iter()
            .map(|(key, value)| format!("tags {key} = {value:?}"));
        [globs("names", &self.names), globs("paths", &self.paths), tags.collect()].concat()
    }

    /// Returns the pattern that the user matches, in words.
    fn matching(&self, user: &Candidate<'_>) -> Result<Option<String>, Sources> {
        let glob = |globs: &[GlobMatcher], text: &str| {
            globs
                .iter()
                .find(|glob| glob.is_match(text))
                .map(|glob| glob.glob().glob().to_owned())
        };
        if let Some(pattern) = glob(&self.names, user.name) {
            return Ok(Some(format!("names {pattern:?}")));
        }
        if let Some(pattern) = glob(&self.paths, user.path) {
            return Ok(Some(format!("paths {pattern:?}")));
        }
        if self.tags.is_empty() {
            return Ok(None);
        }
        let user_tags = user.tags.as_ref().into_result()?;
        for (key, value) in &self.tags {
            let has_tag = user_tags
                .iter()
                .any(|(k, v)| k.eq_ignore_ascii_case(key) && v == value);
            if has_tag {
                return Ok(Some(format!("tags {key} = {value:?}")));
            }
        }
        Ok(None)
    }
}

/// Compiles a pattern of names or paths.
pub fn glob(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    Ok(GlobBuilder::new(pattern)
        .case_insensitive(true)
        .build()?
        .compile_matcher())
}

#[cfg(test)]
mod tests {
    use portcullis_model::Source;

    use super::*;

    fn classes() -> Classes {
        let service = Patterns {
            names: vec![glob("svc-*").unwrap()],
            paths: vec![glob("/service/*").unwrap()],
            tags: BTreeMap::from([("kind".to_owned(), "service".to_owned())]),
        };
        let break_glass =
            Patterns { names: vec![glob("emergency?").unwrap()], ..Patterns::default() };
        Classes { service, break_glass }
    }

    fn class(name: &str, path: &str, tags: Fact<Vec<(&str, &str)>>) -> Fact<UserClass> {
        classes().class_of(&Candidate { name, path, tags }).unwrap()
    }

    #[test]
    fn a_name_a_path_or_a_tag_decides() {
        let none = || Fact::Known(vec![]);
        assert_eq!(class("SVC-backup", "/", none()), Fact::Known(UserClass::Service));
        assert_eq!(class("a", "/service/", none()), Fact::Known(UserClass::Service));
        assert_eq!(class("a", "/service/x/", none()), Fact::Known(UserClass::Service));
        let tags = Fact::Known(vec![("Kind", "service")]);
        assert_eq!(class("a", "/", tags), Fact::Known(UserClass::Service));
        assert_eq!(
            class("a", "/", Fact::Known(vec![("kind", "other")])),
            Fact::Known(UserClass::Human)
        );
        assert_eq!(class("emergency1", "/", none()), Fact::Known(UserClass::BreakGlass));
        assert_eq!(class("alice", "/", none()), Fact::Known(UserClass::Human));
    }

    #[test]
    fn unknown_tags_matter_only_where_they_could_tell() {
        let unknown = || Fact::missing(Source::AccountAuthorizationDetails);
        assert_eq!(class("svc-a", "/", unknown()), Fact::Known(UserClass::Service));
        assert_eq!(class("emergency1", "/", unknown()), Fact::Known(UserClass::BreakGlass));
        let missing = Fact::missing(Source::AccountAuthorizationDetails);
        assert_eq!(class("alice", "/", unknown()), missing);
        let human =
            Classes::default().class_of(&Candidate { name: "a", path: "/", tags: unknown() });
        assert_eq!(human, Ok(Fact::Known(UserClass::Human)));
    }

    #[test]
    fn two_classes_are_an_error_that_names_user_and_patterns() {
        let user = Candidate { name: "emergency1", path: "/service/", tags: Fact::Known(vec![]) };
        let conflict = classes().class_of(&user).unwrap_err();
        assert_eq!(
            conflict.to_string(),
            "user emergency1 is in two classes: service by paths \"/service/*\", break-glass by \
             names \"emergency?\"; change one of the two patterns in the configuration"
        );
    }

    #[test]
    fn bad_globs_are_refused() {
        assert!(glob("a[").is_err());
    }
}
