//! What root's own credentials were used for, in any service.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use portcullis_model::RootCall;

use crate::actor;
use crate::event::Origin;
use crate::interest::service;
use crate::pool::Pool;
use crate::tree::Node;

/// How CloudTrail writes the type of root.
static TYPE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("\"Root\""));

/// Whether the text of an identity may be that of root.
pub(crate) fn may_be_root(identity: &[u8]) -> bool {
    TYPE.find(identity).is_some()
}

/// The call of root that the record is; none: somebody else acted, or AWS did. An error says in a phrase what it
/// lacks.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
pub(crate) fn call(record: &Node<'_>, pool: &mut Pool) -> Result<Option<RootCall>, &'static str> {
    // The sign-in page says of a session whether it was opened.
    let is_at_sign_in = service(record.text("/eventSource").unwrap_or_default()) == "signin";
    if is_at_sign_in || !actor::is_root(record) || is_by_aws(record) {
        return Ok(None);
    }
    let Origin { at, account, region } = Origin::read(record)?;
    // The root user of another account may act on what is this account's.
    if record
        .text("/userIdentity/accountId")
        .is_some_and(|own| own != account)
    {
        return Ok(None);
    }
    let access_key = record.text("/userIdentity/accessKeyId");
    Ok(Some(RootCall {
        at,
        account: pool.text(account),
        region: pool.text(region),
        by_access_key: access_key.is_some_and(|key| key.starts_with("AKIA")),
    }))
}

/// Whether AWS acted: on its own, or through a service that root had started. The console acts for whoever signed in.
fn is_by_aws(record: &Node<'_>) -> bool {
    let is_event_of_service = record
        .text("/eventType")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("AwsServiceEvent"));
    let service = record.text("/userIdentity/invokedBy").or_else(|| {
        // Where the CSV of the event history names no service, the source does.
        record
            .text("/sourceIPAddress")
            .filter(|source| source.ends_with(".amazonaws.com"))
    });
    is_event_of_service || service.is_some_and(|service| service != "signin.amazonaws.com")
}
