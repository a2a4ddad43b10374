//! Look-ups in a server that plays CloudTrail.

use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, Request as Heard, Respond, ResponseTemplate};

use super::*;
use crate::collection::tests::fake::{self, config};

/// A CloudTrail that holds the same events in every region.
struct EventStore {
    /// How many events of `signin.amazonaws.com` there are, a minute apart.
    sign_ins: usize,
    /// The page that is refused, counted from 0.
    failing_page: Option<usize>,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Respond for EventStore {
    fn respond(&self, request: &Heard) -> ResponseTemplate {
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let attribute = &body["LookupAttributes"][0];
        let found = if attribute["AttributeValue"] == "signin.amazonaws.com" {
            self.sign_ins
        } else {
            0
        };
        let page: usize = body["NextToken"]
            .as_str()
            .map_or(0, |token| token.parse().unwrap());
        if self.failing_page == Some(page) {
            let error = json!({"__type": "AccessDeniedException", "message": "no"});
            return ResponseTemplate::new(400).set_body_json(error);
        }
        let most = usize::try_from(body["MaxResults"].as_u64().unwrap()).unwrap();
        let end = found.min((page + 1) * most);
        let newest = at("2026-01-02T02:00:00Z").as_second();
        let events: Vec<_> = (page * most..end)
            .map(|index| {
                let record = json!({
                    "eventID": format!("event-{index}"),
                    "additionalEventData": {"LoginTo": "https://console.aws.amazon.com/?token=secret"},
                    "responseElements": {"credentials": {"sessionToken": "secret"}},
                });
                json!({
                    "EventId": format!("event-{index}"),
                    "EventTime": newest - 60 * i64::try_from(index).unwrap(),
                    "CloudTrailEvent": record.to_string(),
                })
            })
            .collect();
        let mut answer = json!({ "Events": events });
        if end < found {
            answer["NextToken"] = json!((page + 1).to_string());
        }
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

fn request() -> LookupRequest {
    LookupRequest {
        period: Period { from: at("2026-01-01T00:00:00Z"), to: at("2026-01-02T03:00:00Z") },
        regions: Vec::new(),
        global_events: vec!["CreateLoginProfile".to_owned()],
    }
}

/// What is read of one region.
pub(crate) async fn read_one_region(endpoint: &str) -> Lookup {
    read(endpoint, &one_region()).await.lookups.remove(0)
}

async fn read(endpoint: &str, request: &LookupRequest) -> EventHistory {
    let calls = Calls::new(&fake::options(false));
    let history = History {
        services: JsonServices::new(config(endpoint), "aws", &calls),
        account: Some("111122223333".to_owned()),
        request,
        now: at("2026-01-02T03:04:05Z"),
        pace: Duration::from_millis(1),
    };
    history.read("aws").await
}

/// The history that such a server answers, and what it heard.
async fn history(request: &LookupRequest, store: EventStore) -> (EventHistory, Vec<Json>) {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(header("x-amz-target", format!("{VERSION}.LookupEvents")))
        .respond_with(store)
        .mount(&server)
        .await;
    let read = read(&server.uri(), request).await;
    let heard = server.received_requests().await.unwrap();
    (
        read,
        heard
            .iter()
            .map(|heard| serde_json::from_slice(&heard.body).unwrap())
            .collect(),
    )
}

fn store(sign_ins: usize, failing_page: Option<usize>) -> EventStore {
    EventStore { sign_ins, failing_page }
}

fn one_region() -> LookupRequest {
    LookupRequest { regions: vec!["eu-north-1".to_owned()], ..request() }
}

#[tokio::test]
async fn all_pages_of_a_region_are_read() {
    let (history, heard) = history(&one_region(), store(120, None)).await;
    assert_eq!(history.events.len(), 120);
    let [lookup] = history.lookups.as_slice() else {
        panic!("{:?}", history.lookups)
    };
    // The event history may lack the last quarter of an hour.
    let expected = Lookup {
        account: Some("111122223333".to_owned()),
        region: "eu-north-1".to_owned(),
        from: Some(at("2026-01-01T00:00:00Z")),
        to: at("2026-01-02T02:49:05Z"),
        missing: None,
    };
    assert_eq!(*lookup, expected);
    // Three pages of sign-ins, and one of each other attribute: two services, three names.
    assert_eq!(heard.len(), 3 + 5);
    // A token is good for the request that it came from alone.
    for body in &heard {
        assert_eq!(body["StartTime"], at("2026-01-01T00:00:00Z").as_second());
        assert_eq!(body["EndTime"], at("2026-01-02T03:00:00Z").as_second());
    }
}

#[tokio::test]
async fn sign_ins_are_looked_up_wherever_they_are_recorded() {
    let (history, heard) = history(&request(), store(0, None)).await;
    let regions: Vec<&str> = history
        .lookups
        .iter()
        .map(|lookup| &*lookup.region)
        .collect();
    // Those of the console's global page, and the session's.
    let expected = ["ap-southeast-2", "eu-north-1", "us-east-1", "us-east-2", "us-west-2"];
    assert!(expected.iter().all(|region| regions.contains(region)), "{regions:?}");
    let asked = |value| {
        heard
            .iter()
            .filter(|body| body["LookupAttributes"][0]["AttributeValue"] == value)
            .count()
    };
    assert_eq!(asked("signin.amazonaws.com"), regions.len());
    assert_eq!(asked("CreateLoginProfile"), 1, "IAM's events are in us-east-1 alone");
    assert_eq!(asked("account.amazonaws.com"), 1, "and so are those of root's email address");
}

#[tokio::test]
async fn what_was_read_before_a_failure_counts() {
    let (history, _) = history(&one_region(), store(120, Some(1))).await;
    assert_eq!(history.events.len(), 50);
    let lookup = &history.lookups[0];
    // The fiftieth event is 49 minutes older than the first; others of its second may be missing.
    assert_eq!(lookup.from, Some(at("2026-01-02T01:11:01Z")));
    let missing = lookup.missing.as_deref().unwrap();
    assert!(missing.starts_with("LookupEvents of EventSource signin.amazonaws.com: AccessDenied"));
}

#[tokio::test]
async fn a_region_that_answers_nothing_is_not_read() {
    let (history, heard) = history(&one_region(), store(120, Some(0))).await;
    assert_eq!((history.events.len(), history.lookups[0].from), (0, None));
    assert_eq!(heard.len(), 1, "the others would fare no better");
}

#[tokio::test]
async fn no_secret_is_kept() {
    let (history, _) = history(&one_region(), store(1, None)).await;
    let kept = history.events[0]["CloudTrailEvent"].as_str().unwrap();
    assert!(kept.contains("event-0") && kept.contains("https://console.aws.amazon.com/"));
    assert!(!kept.contains("secret"), "{kept}");
}
