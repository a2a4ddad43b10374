//! Refusing answers that were cut short, or never end.

use aws_sdk_iam::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
};
use aws_sdk_iam::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_iam::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;
use serde::de::IgnoredAny;

/// Twenty times the largest page that IAM is known to send, which is one of this operation.
const MAX_BYTES_OF_DETAILS: usize = 64 << 20;
const DETAILS: &str = "GetAccountAuthorizationDetails";
/// More than the credential report of 5,000 users, the most that IAM lets an account have. A dozen
/// answers come at once, so that the limits of all together bound what a run takes.
const MAX_BYTES: usize = 8 << 20;

/// Makes an answer an error of which a part is missing, since part of a list would else stand for all
/// of it, and one that is too large for any account.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WholeAnswers {
    /// In XML the SDK takes the end of the text for the end of the list.
    Xml,
    /// JSON is read whole or not at all.
    Json,
}

impl Intercept for WholeAnswers {
    fn name(&self) -> &'static str {
        "WholeAnswers"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = settings.load::<Metadata>().map(Metadata::name);
        let limit = if operation == Some(DETAILS) { MAX_BYTES_OF_DETAILS } else { MAX_BYTES };
        let body = context.response_mut().body_mut();
        let whole = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Limited::new(whole, limit));
        Ok(())
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
            WholeAnswers::Xml if response.status().is_success() && !is_whole_xml(body) => {
                Err("the answer is cut short, or comes from something else than AWS".into())
            }
            _ => Ok(()),
        }
    }
}

/// Whether an error came whole, in XML or JSON, so that it may be taken for an answer.
pub(crate) fn is_whole(body: &[u8]) -> bool {
    is_whole_xml(body) || serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

/// Whether the last tag closes the root element, which is named after the operation: `…Response`.
fn is_whole_xml(xml: &[u8]) -> bool {
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
        assert!(is_whole(b"{\"__type\": \"A\"}"));
        for cut in ["", "<AResponse>", "<AResponse><AResult></AResult>", "<AResponse></AResp", "{"]
        {
            assert!(!is_whole(cut.as_bytes()), "{cut}");
        }
    }
}
