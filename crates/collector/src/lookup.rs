//! The event history of CloudTrail: sign-ins and changes of credentials, looked up region by region.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::{Arn, Period, SIGN_IN_REGIONS};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::calls::{Calls, Paging};
use crate::collection::Options;
use crate::error::CollectError;
use crate::failure::Failure;
use crate::json_services::{JsonServices, Request, Service};
use crate::session::Session;

pub(crate) const CLOUDTRAIL: Service = Service { id: "CloudTrail", name: "cloudtrail" };
const OPERATION: &str = "LookupEvents";
const VERSION: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";
/// AWS takes two look-ups a second in each region of an account: so long after an answer, the next may go out.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
const PACE: Duration = Duration::from_millis(500);
/// An event may take so long to appear in the event history.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html>
const DELAY: SignedDuration = SignedDuration::from_mins(15);
/// The fields of an event whose values let others in.
const SECRETS: [&str; 3] = ["credentials", "sessionToken", "SigninToken"];

/// What to look up.
#[derive(Clone, Debug)]
pub struct LookupRequest {
    /// The time that is asked for; AWS keeps 90 days.
    pub period: Period,
    /// The regions to ask; none: those that record sign-ins, and the session's.
    pub regions: Vec<String>,
    /// The names of the events that the services record in one region for all, such as
    /// `CreateLoginProfile`.
    pub global_events: Vec<String>,
}

/// What the event history holds, as a file that `portcullis signins` reads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventHistory {
    /// The events as LookupEvents gives them, without what is secret in them.
    pub events: Vec<Json>,
    /// How far each region was read.
    pub lookups: Vec<Lookup>,
}

/// How far a region was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lookup {
    /// The account's id, where known.
    pub account: Option<String>,
    /// The region that was asked.
    pub region: String,
    /// All events since then were read; none: AWS answered nothing.
    pub from: Option<Timestamp>,
    /// Until then.
    pub to: Timestamp,
    /// Why not all was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

impl Lookup {
    /// Events were read, newest first, down to that moment and no further; none: no event was read.
    fn ends_at(&mut self, oldest: Option<Timestamp>) {
        // Others of the same second may be missing.
        let since = oldest.map(|oldest| oldest + SignedDuration::from_secs(1));
        self.from = self.from.max(since).filter(|from| since.is_some() && *from < self.to);
    }
}

/// Asks for the sign-ins of a period, and for the changes of credentials.
///
/// Each region is asked twice a second at most, all side by side, until the deadline of the options.
/// What could not be read by then is said in [`Lookup::missing`]. Without a region, credentials or an
/// answer from AWS there is an error after the first call.
pub async fn look_up(
    options: &Options,
    request: &LookupRequest,
) -> Result<EventHistory, CollectError> {
    let calls = Calls::new(options);
    let Session { config, caller } = Session::open(options, &calls).await?;
    let caller = caller.ok();
    let arn = caller.as_ref().and_then(|caller| Arn::parse(&caller.arn));
    let partition = arn.map_or("aws", |arn| arn.partition);
    let history = History {
        services: JsonServices::new(config, partition, &calls),
        account: caller.as_ref().map(|caller| caller.account.clone()),
        request,
        now: (options.clock)(),
        pace: PACE,
    };
    Ok(history.read(partition).await)
}

/// The event history of an account.
struct History<'a> {
    services: JsonServices<'a>,
    account: Option<String>,
    request: &'a LookupRequest,
    now: Timestamp,
    pace: Duration,
}

impl History<'_> {
    async fn read(&self, partition: &str) -> EventHistory {
        let regions = self.regions(partition);
        let answers = join_all(regions.iter().map(|region| self.read_region(region))).await;
        let mut history = EventHistory::default();
        for (events, lookup) in answers {
            history.events.extend(events);
            history.lookups.push(lookup);
        }
        history
    }

    /// Where sign-ins are recorded: those of root and of IAM users in a few regions, those of Identity
    /// Center in its own, which is mostly the session's.
    ///
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>
    fn regions(&self, partition: &str) -> Vec<String> {
        let mut regions = self.request.regions.clone();
        if regions.is_empty() {
            if partition == "aws" {
                regions.extend(SIGN_IN_REGIONS.map(str::to_owned));
            }
            regions.push(self.services.global_region.to_owned());
            regions.extend(self.services.region());
        }
        regions.sort();
        regions.dedup();
        regions
    }

    async fn read_region(&self, region: &str) -> (Vec<Json>, Lookup) {
        let services = self.services.spaced(self.pace);
        let mut events = Vec::new();
        let mut lookup = Lookup {
            account: self.account.clone(),
            region: region.to_owned(),
            from: Some(self.request.period.from),
            // What is younger may be missing still.
            to: self.request.period.to.min(self.now - DELAY),
            missing: None,
        };
        for (key, value) in self.attributes(region) {
            let read = self.read_all(&services, region, (key, &value), &mut events).await;
            if let Err((Failure { code, message, .. }, reached)) = read {
                let words = format!("{OPERATION} of {key} {value}: {code}: {message}");
                lookup.missing.get_or_insert(words);
                lookup.ends_at(reached);
            }
            if lookup.from.is_none() {
                break;
            }
        }
        (events, lookup)
    }

    /// What is asked of a region: AWS takes one attribute at a time.
    fn attributes(&self, region: &str) -> Vec<(&'static str, String)> {
        let mut attributes = Vec::new();
        for service in ["signin", "sso", "sso-directory"] {
            attributes.push(("EventSource", format!("{service}.amazonaws.com")));
        }
        for name in ["AssumeRoot", "GetFederationToken", "GetSessionToken"] {
            attributes.push(("EventName", name.to_owned()));
        }
        if region == self.services.global_region {
            attributes.push(("EventSource", "account.amazonaws.com".to_owned()));
            let names = self.request.global_events.iter().cloned();
            attributes.extend(names.map(|name| ("EventName", name)));
        }
        attributes
    }

    /// Adds all events with that attribute, newest first. With a failure comes the time of the oldest
    /// that was read, if any was.
    async fn read_all(
        &self,
        services: &JsonServices<'_>,
        region: &str,
        attribute: (&str, &str),
        events: &mut Vec<Json>,
    ) -> Result<(), (Failure, Option<Timestamp>)> {
        let mut paging = Paging::default();
        let mut token = None;
        let mut reached = None;
        loop {
            let answer = self.page(services, region, attribute, token).await;
            let Page { events: found, next_token } =
                answer.map_err(|failure| (failure, reached))?;
            for event in found {
                reached = event_time(&event).or(reached);
                events.push(without_secrets(event));
            }
            let next = paging.next(0, next_token);
            token = next.map_err(|failure| (failure, reached))?;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    async fn page(
        &self,
        services: &JsonServices<'_>,
        region: &str,
        (key, value): (&str, &str),
        token: Option<String>,
    ) -> Result<Page, Failure> {
        let Period { from, to } = self.request.period;
        let mut body = json!({
            "LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}],
            "StartTime": from.as_second(),
            "EndTime": to.as_second(),
            "MaxResults": 50,
        });
        if let Some(token) = token {
            body["NextToken"] = Json::String(token);
        }
        let request = Request::json_1_1(VERSION, OPERATION, body);
        services.call(&CLOUDTRAIL, region, OPERATION, request).await
    }
}

/// A page of LookupEvents.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    events: Vec<Json>,
    next_token: Option<String>,
}

/// When the event happened: seconds, perhaps with a fraction.
fn event_time(event: &Json) -> Option<Timestamp> {
    let seconds = event["EventTime"].as_f64()?;
    let since_epoch = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since_epoch).ok()
}

/// The event, its record less what is secret; no record if that cannot be read.
fn without_secrets(mut event: Json) -> Json {
    let record = event["CloudTrailEvent"].as_str().map(serde_json::from_str);
    event["CloudTrailEvent"] = match record {
        Some(Ok(mut record)) => {
            clear(&mut record);
            Json::String(record.to_string())
        }
        _ => Json::String(String::new()),
    };
    event
}

/// Removes secrets at any depth, and the query of the page that a person was sent to.
fn clear(value: &mut Json) {
    match value {
        Json::Object(fields) => {
            fields.retain(|name, _| !SECRETS.contains(&name.as_str()));
            if let Some(Json::String(page)) = fields.get_mut("LoginTo") {
                page.truncate(page.find('?').unwrap_or(page.len()));
            }
            fields.values_mut().for_each(clear);
        }
        Json::Array(items) => items.iter_mut().for_each(clear),
        _ => {}
    }
}

#[cfg(test)]
pub(crate) mod tests;
