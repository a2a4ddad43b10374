//! Reads the event history of CloudTrail: looks up sign-ins and changes of credentials by region.
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
/// The pause between an answer and the next lookup, since AWS allows two per second, account and
/// region.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
const PACE: Duration = Duration::from_millis(500);
/// How long an event may take to appear in the event history.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html>
const DELAY: SignedDuration = SignedDuration::from_mins(15);
/// The fields of an event whose values would give access to others.
const SECRETS: [&str; 3] = ["credentials", "sessionToken", "SigninToken"];

/// What to look up.
#[derive(Clone, Debug)]
pub struct LookupRequest {
    /// The period; AWS keeps 90 days.
    pub period: Period,
    /// The regions to query; if empty, those that record sign-ins and the session's.
    pub regions: Vec<String>,
    /// The names of events that global services record in one region, such as `CreateLoginProfile`.
    pub global_events: Vec<String>,
}

/// The contents of the event history, as a file for `portcullis signins`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventHistory {
    /// The events from LookupEvents, without secrets.
    pub events: Vec<Json>,
    /// Which part of each region's history was read.
    pub lookups: Vec<Lookup>,
}

/// Which part of a region's history was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lookup {
    /// The account's id, if known.
    pub account: Option<String>,
    /// The region.
    pub region: String,
    /// The start of the period that was read completely; none if AWS did not answer.
    pub from: Option<Timestamp>,
    /// The end of that period.
    pub to: Timestamp,
    /// Why not everything was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

impl Lookup {
    /// Shortens the period after a failure: events are read newest first, and `oldest` is the last
    /// one read, if any.
    fn ends_at(&mut self, oldest: Option<Timestamp>) {
        // Other events of the same second may be missing.
        let since = oldest.map(|oldest| oldest + SignedDuration::from_secs(1));
        self.from = self
            .from
            .max(since)
            .filter(|from| since.is_some() && *from < self.to);
    }
}

/// Looks up the sign-ins and changes of credentials in a period.
///
/// All regions are queried concurrently, each at most twice a second, until the deadline of the
/// options. [`Lookup::missing`] says what could not be read by then. Without a region, credentials
/// or an answer from AWS, there is an error after the first call.
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

    /// Returns the regions to query. Sign-ins of root and IAM users are recorded in a few regions,
    /// those of Identity Center in its own region, which usually is the session's.
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
            // More recent events may not have appeared yet.
            to: self.request.period.to.min(self.now - DELAY),
            missing: None,
        };
        for (key, value) in self.attributes(region) {
            let outcome = self
                .read_all(&services, region, (key, &value), &mut events)
                .await;
            if let Err((Failure { code, message, .. }, oldest)) = outcome {
                let missing = format!("{OPERATION} of {key} {value}: {code}: {message}");
                lookup.missing.get_or_insert(missing);
                lookup.ends_at(oldest);
            }
            if lookup.from.is_none() {
                break;
            }
        }
        (events, lookup)
    }

    /// Returns the attributes to look up in a region; AWS accepts one at a time.
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

    /// Adds all events with an attribute, newest first. An error includes the time of the oldest
    /// event read, if any.
    async fn read_all(
        &self,
        services: &JsonServices<'_>,
        region: &str,
        attribute: (&str, &str),
        events: &mut Vec<Json>,
    ) -> Result<(), (Failure, Option<Timestamp>)> {
        let mut paging = Paging::default();
        let mut token = None;
        let mut oldest = None;
        loop {
            let answer = self.page(services, region, attribute, token).await;
            let page = answer.map_err(|failure| (failure, oldest))?;
            for event in page.events {
                oldest = event_time(&event).or(oldest);
                events.push(without_secrets(event));
            }
            let next = paging.next(0, page.next_token);
            token = next.map_err(|failure| (failure, oldest))?;
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

/// Returns when the event happened, which AWS gives in seconds, possibly with a fraction.
fn event_time(event: &Json) -> Option<Timestamp> {
    let seconds = event["EventTime"].as_f64()?;
    let since_epoch = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since_epoch).ok()
}

/// Removes secrets from the event's record, or the whole record if it cannot be read.
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

/// Removes secrets at any depth, and the query of the page to which a person was redirected.
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
