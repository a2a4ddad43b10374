//! Refuses answers that are truncated or repeat a secret.

use std::fmt;

use aws_sdk_iam::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_iam::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_iam::error::BoxError;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use memchr::memmem;
use serde::de::IgnoredAny;

/// Turns an answer that was cut short, or lacks its list, into an error, since part of a list would otherwise
/// pass for all of it; also one that repeats the request's credentials: AWS never does, and a name or a
/// message with them would be printed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WholeAnswers {
    /// In XML, the SDK takes the end of the text for the end of the list.
    Xml,
    /// Truncated JSON cannot be parsed anyway.
    Json,
}

/// The headers that authenticate a request.
const SECRET_HEADERS: [&str; 2] = ["authorization", "x-amz-security-token"];

/// The values of these headers in one request.
struct Secrets(Vec<String>);

impl Storable for Secrets {
    type Storer = StoreReplace<Secrets>;
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

impl Intercept for WholeAnswers {
    fn name(&self) -> &'static str {
        "WholeAnswers"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request().headers();
        let values = SECRET_HEADERS
            .iter()
            .filter_map(|header| headers.get(*header));
        let secrets = values.map(str::to_owned).collect();
        settings.interceptor_state().store_put(Secrets(secrets));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // A body that could not be read completely already is an error.
        let Some(body) = response.body().bytes() else {
            return Ok(());
        };
        let secrets = settings
            .load::<Secrets>()
            .map_or(&[][..], |secrets| &secrets.0);
        if secrets
            .iter()
            .any(|secret| memmem::find(body, secret.as_bytes()).is_some())
        {
            return Err("the answer repeats a secret that the request was signed with".into());
        }
        match self {
            WholeAnswers::Xml if response.status().is_success() => check_xml(body),
            _ => Ok(()),
        }
    }
}

/// The lists that the SDK takes for empty where an answer lacks them, by the root element of the answer. AWS
/// sends an empty element for an empty list.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html>
const LISTS: [(&str, &str); 6] = [
    ("ListAccessKeysResponse", "AccessKeyMetadata"),
    ("ListAccountAliasesResponse", "AccountAliases"),
    ("ListMFADevicesResponse", "MFADevices"),
    ("ListServerCertificatesResponse", "ServerCertificateMetadataList"),
    ("ListSigningCertificatesResponse", "Certificates"),
    ("ListVirtualMFADevicesResponse", "VirtualMFADevices"),
];

fn check_xml(body: &[u8]) -> Result<(), BoxError> {
    if !is_whole_xml(body) {
        return Err("the answer is cut short, or comes from something other than AWS".into());
    }
    for (root, list) in LISTS {
        let is_of_list = memmem::find(body, format!("</{root}>").as_bytes()).is_some();
        if is_of_list && memmem::find(body, format!("<{list}").as_bytes()).is_none() {
            return Err("the answer lacks its list".into());
        }
    }
    Ok(())
}

/// Whether an error came whole, in XML or JSON, so that it may be taken for an answer.
pub(crate) fn is_whole(body: &[u8]) -> bool {
    is_whole_xml(body) || serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

/// Whether the last tag closes the root element, which is named after the operation: `…Response`.
fn is_whole_xml(xml: &[u8]) -> bool {
    let xml = xml.trim_ascii_end();
    let last_tag = xml
        .windows(2)
        .rposition(|pair| pair == b"</")
        .map(|start| &xml[start..]);
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

    #[test]
    fn an_answer_must_have_its_list_even_if_that_is_empty() {
        for (root, list) in LISTS {
            let answer = |content: &str| format!("<{root}><R>{content}</R></{root}>");
            assert!(check_xml(answer(&format!("<{list}/>")).as_bytes()).is_ok(), "{root}");
            assert!(check_xml(answer("").as_bytes()).is_err(), "{root}");
        }
    }
}
