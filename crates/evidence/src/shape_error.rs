//! Serde's errors without what they quote from the JSON, which may be secret or long.

/// What is wrong with the shape of valid JSON.
#[derive(Debug, Eq, PartialEq)]
pub enum ShapeError {
    /// This field is missing.
    MissingField(String),
    /// This field occurs twice.
    DuplicateField(String),
    /// Another error, for example a value of another type.
    Other,
}

impl ShapeError {
    /// Interprets an error; none if it is about JSON that is not valid, of which serde quotes nothing.
    pub fn new(error: &serde_json::Error) -> Option<ShapeError> {
        if !error.is_data() {
            return None;
        }
        let words = error.to_string();
        let field_after = |start: &str| words.strip_prefix(start)?.split('`').next();
        Some(if let Some(field) = field_after("missing field `") {
            ShapeError::MissingField(field.to_owned())
        } else if let Some(field) = field_after("duplicate field `") {
            ShapeError::DuplicateField(field.to_owned())
        } else {
            ShapeError::Other
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Named {
        #[serde(rename = "Name")]
        _name: String,
    }

    #[test]
    fn only_fields_are_named() {
        for (json, expected) in [
            ("{}", Some(ShapeError::MissingField("Name".to_owned()))),
            (
                r#"{"Name": "a", "Name": "SECRET"}"#,
                Some(ShapeError::DuplicateField("Name".to_owned())),
            ),
            (r#"{"Name": 1}"#, Some(ShapeError::Other)),
            (r#"{"missing field `SECRET`": 1}"#, Some(ShapeError::Other)),
            (r#""SECRET""#, Some(ShapeError::Other)),
            (r#"{"Name": "SECRET"#, None),
            ("SECRET", None),
        ] {
            let error = serde_json::from_str::<Named>(json).unwrap_err();
            assert_eq!(ShapeError::new(&error), expected, "{json}");
        }
        let value = serde_json::Value::Array(Vec::new());
        let error = serde_json::from_value::<Named>(value).unwrap_err();
        assert_eq!(ShapeError::new(&error), Some(ShapeError::Other));
    }
}
