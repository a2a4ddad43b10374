//! The facts about service-specific credentials.

use std::collections::HashMap;

use portcullis_model::{Fact, ServiceCredential, Source, User};

use super::answers::{Answers, Identity};
use super::gaps::Gaps;
use super::names::name_key;
use super::time::is_future;
use crate::shapes;

const SOURCE: Source = Source::ServiceSpecificCredentials;

/// The credentials of all users, sorted by id.
pub(super) fn service_credentials(
    answers: &Answers,
    users: &Fact<Vec<User>>,
    gaps: &mut Gaps,
) -> Fact<Vec<ServiceCredential>> {
    let Identity { partition, account } = &answers.identity;
    let users = users.as_ref().known().map_or(&[][..], Vec::as_slice);
    let arns: HashMap<String, &str> = users
        .iter()
        .map(|user| (name_key(&user.name), user.arn.as_str()))
        .collect();
    answers.service_credentials.as_ref().map(|listed| {
        let mut credentials = Vec::new();
        for credential in listed {
            let name = &credential.user_name;
            let arn = match arns.get(&name_key(name)) {
                Some(&arn) => arn.to_owned(),
                // The answer has no path; where nothing else has it either, it is most likely `/`.
                None => format!("arn:{partition}:iam::{account}:user/{name}"),
            };
            credentials.push(service_credential(&arn, credential, answers, gaps));
        }
        credentials.sort_by(|a, b| a.id.cmp(&b.id));
        credentials
    })
}

fn service_credential(
    arn: &str,
    credential: &shapes::ServiceCredential,
    answers: &Answers,
    gaps: &mut Gaps,
) -> ServiceCredential {
    let id = &credential.service_specific_credential_id;
    let user = &credential.user_name;
    let is_over = credential
        .expiration_date
        .is_some_and(|end| !is_future(end, answers.as_of));
    let dates = credential.expiration_date.zip(credential.create_date);
    let active = match credential.status.as_str() {
        _ if dates.is_some_and(|(end, created)| end <= created) => {
            let message = format!("{id} expires before it was created");
            gaps.missing(SOURCE, user, "Contradictory", message)
        }
        "Active" => Fact::Known(true),
        "Expired" if !is_over => {
            let message =
                format!("{id} has the status Expired, but no ExpirationDate that has passed");
            gaps.missing(SOURCE, user, "Contradictory", message)
        }
        "Inactive" | "Expired" => Fact::Known(false),
        other => {
            let message = format!("{id} has the unknown status {other:?}");
            gaps.missing(SOURCE, user, "Malformed", message)
        }
    };
    let created = gaps.require(credential.create_date, SOURCE, user, "lacks CreateDate");
    ServiceCredential {
        resource_id: format!("{arn}/service-credential/{id}"),
        id: id.clone(),
        user_name: user.clone(),
        service: credential.service_name.clone(),
        active,
        created,
        age_days: created.and_then(|created| answers.days_since(created, SOURCE, user, gaps)),
        expires: credential.expiration_date,
    }
}
