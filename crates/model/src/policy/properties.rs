//! What holds for any documents: properties of evaluation that AWS documents.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Authority, Decision, Excerpt, Methods, PolicyDocument};

const ACCOUNT: &str = "123456789012";
const ACTIONS: [&str; 6] =
    ["*", "iam:*", "iam:Create*", "iam:CreatePolicyVersion", "sts:AssumeRole", "s3:Get?bject"];
const RESOURCES: [&str; 6] = [
    "*",
    "arn:aws:iam::123456789012:*",
    "arn:aws:iam::123456789012:policy/a*",
    "arn:aws:iam::123456789012:policy/ab",
    "arn:aws:iam::123456789012:role/r",
    "arn:aws:s3:::bucket/*",
];
const REQUESTS: [(&str, &str); 4] = [
    ("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/ab"),
    ("iam:CreateUser", "arn:aws:iam::123456789012:user/u"),
    ("sts:AssumeRole", "arn:aws:iam::123456789012:role/r"),
    ("s3:GetObject", "arn:aws:s3:::bucket/key"),
];

fn statement() -> impl Strategy<Value = Json> {
    let lists = (
        prop::sample::subsequence(ACTIONS.to_vec(), 1..3),
        prop::sample::subsequence(RESOURCES.to_vec(), 1..3),
    );
    (lists, any::<[bool; 4]>()).prop_map(|((actions, resources), [deny, but, not, conditional])| {
        let mut statement = json!({"Effect": if deny { "Deny" } else { "Allow" }});
        statement[if but { "NotAction" } else { "Action" }] = json!(actions);
        statement[if not { "NotResource" } else { "Resource" }] = json!(resources);
        if conditional {
            statement["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
        }
        statement
    })
}

fn document(statements: &[Json]) -> PolicyDocument {
    let json = json!({"Version": "2012-10-17", "Statement": statements});
    PolicyDocument::from_json(&json).unwrap()
}

fn decisions(documents: &[PolicyDocument]) -> Vec<Decision> {
    let of = |(action, resource): &(&str, &str)| {
        Decision::of_all(documents.iter().map(|document| document.decide(action, resource)))
    };
    REQUESTS.iter().map(of).collect()
}

/// Which actions of the methods are allowed on something.
fn allowed(documents: &[PolicyDocument], boundary: Option<&PolicyDocument>) -> Vec<bool> {
    let methods = Methods::in_account("aws", ACCOUNT);
    let excerpt = |document: &PolicyDocument| Excerpt::new(document.clone(), &methods);
    let own: Vec<Excerpt> = documents.iter().map(excerpt).collect();
    let boundary = boundary.map(excerpt);
    let authority = Authority { own: own.iter().collect(), boundary: boundary.as_ref() };
    (0..methods.actions.len()).map(|action| authority.allows(action)).collect()
}

fn no_more_than(less: &[bool], more: &[bool]) -> bool {
    less.iter().zip(more).all(|(less, more)| *more || !*less)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_does_not_matter(statements in prop::collection::vec(statement(), 1..6), cut in 0_usize..6) {
        let documents: Vec<_> = statements.iter().map(|one| document(std::slice::from_ref(one))).collect();
        let mut turned = documents.clone();
        turned.rotate_left(cut % documents.len());
        turned.reverse();
        let together = [document(&statements)];
        prop_assert_eq!(decisions(&documents), decisions(&turned));
        prop_assert_eq!(decisions(&documents), decisions(&together));
        prop_assert_eq!(allowed(&documents, None), allowed(&turned, None));
        prop_assert_eq!(allowed(&documents, None), allowed(&together, None));
    }

    #[test]
    fn saying_it_twice_changes_nothing(statements in prop::collection::vec(statement(), 1..5)) {
        let once = [document(&statements)];
        let twice = [once[0].clone(), once[0].clone()];
        prop_assert_eq!(decisions(&once), decisions(&twice));
        prop_assert_eq!(allowed(&once, None), allowed(&twice, None));
    }

    #[test]
    fn a_deny_wins(statements in prop::collection::vec(statement(), 1..5)) {
        let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
        let documents = [document(&statements), document(&[deny])];
        prop_assert!(decisions(&documents).iter().all(|one| *one == Decision::Denied));
        prop_assert!(allowed(&documents, None).iter().all(|allowed| !allowed));
        prop_assert!(allowed(&documents[..1], Some(&documents[1])).iter().all(|allowed| !allowed));
    }

    #[test]
    fn a_wider_allow_never_allows_less(
        statements in prop::collection::vec(statement(), 1..5), more in statement(),
    ) {
        let mut more = more;
        more["Effect"] = json!("Allow");
        let before = [document(&statements)];
        let after = [before[0].clone(), document(&[more])];
        let allows = |list: &[Decision]| list.iter().map(|one| one.may_be_allowed()).collect::<Vec<_>>();
        prop_assert!(no_more_than(&allows(&decisions(&before)), &allows(&decisions(&after))));
        prop_assert!(no_more_than(&allowed(&before, None), &allowed(&after, None)));
    }

    #[test]
    fn a_boundary_grants_nothing(
        own in prop::collection::vec(statement(), 1..5),
        boundary in prop::collection::vec(statement(), 1..5),
    ) {
        let (own, boundary) = ([document(&own)], document(&boundary));
        prop_assert!(no_more_than(&allowed(&own, Some(&boundary)), &allowed(&own, None)));
        let everything = document(&[json!({"Effect": "Allow", "Action": "*", "Resource": "*"})]);
        prop_assert_eq!(allowed(&own, Some(&everything)), allowed(&own, None));
    }

    #[test]
    fn what_is_allowed_on_a_resource_is_allowed(statements in prop::collection::vec(statement(), 1..5)) {
        let documents = [document(&statements)];
        let methods = Methods::in_account("aws", ACCOUNT);
        let allowed = allowed(&documents, None);
        for ((action, _), decision) in REQUESTS.iter().zip(decisions(&documents)) {
            let place = methods.actions.iter().position(|known| known.name == *action);
            prop_assert!(place.is_none_or(|place| allowed[place] || !decision.may_be_allowed()));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,64}", json in "[\\[\\]{}\":,*0-9a-zA-Z]{0,64}") {
        let _ = PolicyDocument::from_text(&text);
        let _ = PolicyDocument::from_text(&json);
    }
}
