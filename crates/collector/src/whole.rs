//! Refusing answers that were cut short.

use aws_sdk_iam::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_iam::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_iam::error::{BoxError, ProvideErrorMetadata, SdkError};
use serde::de::IgnoredAny;
use serde_json::Value as Json;

/// Makes an answer of which a part is missing an error: part of a list would else stand for all of
/// it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WholeAnswers {
    /// XML without its closing tag: the SDK takes the end of the text for the end of the list.
    Xml,
    /// JSON without that list: the SDK takes an absent list for an empty one.
    Listing(&'static str),
}

impl Intercept for WholeAnswers {
    fn name(&self) -> &'static str {
        "WholeAnswers"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let body = response.body().bytes().unwrap_or_default();
        match self {
            _ if !response.status().is_success() => Ok(()),
            WholeAnswers::Xml if !is_whole(body) => Err("the answer is cut short".into()),
            WholeAnswers::Listing(list) if !has_list(body, list) => {
                Err(format!("the answer lacks {list}").into())
            }
            _ => Ok(()),
        }
    }
}

/// The code of an error that came whole, so that it may be taken for an answer.
pub(crate) fn answered_code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<&str> {
    let body = error.raw_response()?.body().bytes()?;
    if is_whole(body) || is_json(body) { error.code() } else { None }
}

fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

fn has_list(json: &[u8], name: &str) -> bool {
    serde_json::from_slice::<Json>(json).is_ok_and(|json| json[name].is_array())
}

/// Whether the last tag closes the root element, which is named after the operation: `…Response`.
fn is_whole(xml: &[u8]) -> bool {
    let xml = xml.trim_ascii_end();
    let last_tag = xml.windows(2).rposition(|pair| pair == b"</").map(|start| &xml[start..]);
    last_tag.is_some_and(|tag| tag.ends_with(b"Response>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_closing_tag_of_the_root_makes_an_answer_whole() {
        assert!(is_whole(b"<AResponse><AResult/></AResponse>\n"));
        for cut in ["", "<AResponse>", "<AResponse><AResult></AResult>", "<AResponse></AResp"] {
            assert!(!is_whole(cut.as_bytes()), "{cut}");
        }
    }

    #[test]
    fn only_a_list_is_a_list() {
        assert!(has_list(br#"{"analyzers": []}"#, "analyzers"));
        for other in ["", "{}", "[]", "<html>", r#"{"analyzers": null}"#, r#"{"analyzers": ["#] {
            assert!(!has_list(other.as_bytes(), "analyzers"), "{other}");
        }
    }
}
