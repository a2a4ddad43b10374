//! `-v`: logs each call to AWS on standard error.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::{LogArgs, LogFormat};

/// Starts to log the events of Portcullis, but not those of the AWS SDK, which may contain credentials.
pub(crate) fn start(args: &LogArgs) {
    let level = match args.verbose {
        0 => return,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let registry =
        tracing_subscriber::registry().with(Targets::new().with_target("portcullis", level));
    match args.log_format {
        LogFormat::Text => registry.with(fmt::layer().with_writer(io::stderr)).init(),
        LogFormat::Json => registry
            .with(fmt::layer().json().with_writer(io::stderr))
            .init(),
    }
}
