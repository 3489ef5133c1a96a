//! The answers, as the tools of NATS read them.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use super::{Endpoint, Service};

/// What stands in every answer.
#[derive(Serialize)]
struct Answer<'a, T> {
    r#type: &'static str,
    name: &'a str,
    id: &'a str,
    version: &'a str,
    metadata: &'a BTreeMap<String, String>,
    #[serde(flatten)]
    more: T,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Info<'a> {
    description: &'a str,
    endpoints: Vec<EndpointInfo<'a>>,
}

#[derive(Serialize)]
struct EndpointInfo<'a> {
    name: &'a str,
    subject: String,
    queue_group: &'a str,
    metadata: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Stats<'a> {
    started: String,
    endpoints: Vec<EndpointStats<'a>>,
}

#[derive(Serialize)]
struct EndpointStats<'a> {
    name: &'a str,
    subject: String,
    queue_group: &'a str,
    num_requests: u64,
    num_errors: u64,
    last_error: String,
    processing_time: u64,
    average_processing_time: u64,
}

/// That it is there.
pub(super) fn ping(service: &Service) -> Bytes {
    answer(service, "io.nats.micro.v1.ping_response", Nothing {})
}

/// What it is.
pub(super) fn info(service: &Service) -> Bytes {
    let endpoints = service.endpoints.iter().map(|endpoint| EndpointInfo {
        name: &endpoint.name,
        subject: endpoint.subject.to_string(),
        queue_group: &endpoint.group,
        metadata: &endpoint.metadata,
    });
    let info = Info { description: &service.description, endpoints: endpoints.collect() };
    answer(service, "io.nats.micro.v1.info_response", info)
}

/// What it has done.
pub(super) fn stats(service: &Service) -> Bytes {
    let endpoints = service.endpoints.iter().map(endpoint_stats).collect();
    let stats = Stats { started: service.started.to_string(), endpoints };
    answer(service, "io.nats.micro.v1.stats_response", stats)
}

fn endpoint_stats(endpoint: &Endpoint) -> EndpointStats<'_> {
    let done = endpoint.counts.so_far();
    let nanos = u64::try_from(done.took.as_nanos()).unwrap_or(u64::MAX);
    EndpointStats {
        name: &endpoint.name,
        subject: endpoint.subject.to_string(),
        queue_group: &endpoint.group,
        num_requests: done.requests,
        num_errors: done.errors,
        last_error: done.last_error,
        processing_time: nanos,
        average_processing_time: nanos.checked_div(done.requests).unwrap_or(0),
    }
}

fn answer(service: &Service, kind: &'static str, more: impl Serialize) -> Bytes {
    let answer = Answer {
        r#type: kind,
        name: &service.name,
        id: &service.id,
        version: &service.version,
        metadata: &service.metadata,
        more,
    };
    serde_json::to_vec(&answer).expect("texts and numbers are JSON").into()
}
