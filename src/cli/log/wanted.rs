//! Which events a reader wants: said the same way to `read` and to `follow`.

use std::str::FromStr;

use events::id::{Category, Tenant, main_tenant};
use events::recorded::Stored;
use events::store::Filter;
use events::stream::StreamId;

/// The largest number of a position or version: what a store can count to.
pub(super) const PLACE_MAX: u64 = i64::MAX as u64;

/// Which events are wanted.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Wanted {
    /// Only this stream, such as `fact-shop` or `main/task-0198c7…`
    #[arg(long, value_name = "[TENANT/]CATEGORY-ID", conflicts_with_all = ["tenant", "category"])]
    pub(super) stream: Option<StreamName>,
    /// Only this tenant's events
    #[arg(long)]
    tenant: Option<Tenant>,
    /// Only events of this category, such as `fact`
    #[arg(long)]
    category: Option<Category>,
    /// Only events of this type, such as `fact.recorded`
    #[arg(long = "type", value_name = "TYPE")]
    wire_type: Option<String>,
}

impl Wanted {
    /// The part of it that the log itself can look for.
    pub(super) fn filter(&self) -> Filter {
        let stream = self.stream.as_ref().map(|name| &name.0);
        Filter {
            tenant: stream.map(|stream| stream.tenant.clone()).or_else(|| self.tenant.clone()),
            category: stream
                .map(|stream| stream.category.clone())
                .or_else(|| self.category.clone()),
            wire_type: self.wire_type.clone(),
        }
    }

    /// The rest of it.
    pub(super) fn is_wanted(&self, event: &Stored) -> bool {
        let header = event.header();
        self.stream.as_ref().is_none_or(|name| name.0.key.as_str() == header.stream_key)
            && self.wire_type.as_ref().is_none_or(|wanted| wanted == header.wire_type)
    }
}

/// The name of a stream, as people write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StreamName(pub(super) StreamId);

impl FromStr for StreamName {
    type Err = String;

    /// The tenant ends at the first `/`, the category at the first `-` behind it.
    fn from_str(text: &str) -> Result<Self, String> {
        let (tenant, name) = match text.split_once('/') {
            Some((tenant, name)) => (tenant.parse().map_err(in_words)?, name),
            None => (main_tenant(), text),
        };
        let (category, key) =
            name.split_once('-').ok_or("write a category, `-` and an id, such as fact-shop")?;
        let (category, key) = (category.parse().map_err(in_words)?, key.parse().map_err(in_words)?);
        Ok(Self(StreamId::new(tenant, category, key)))
    }
}

fn in_words(error: events::id::InvalidId) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<String, String> {
        text.parse::<StreamName>().map(|name| name.0.to_string())
    }

    #[test]
    fn the_tenant_of_a_stream_is_main_unless_it_is_named() {
        assert_eq!(written("fact-shop"), Ok("main/fact-shop".into()));
        assert_eq!(written("acme/fact-shop"), Ok("acme/fact-shop".into()));
    }

    #[test]
    fn the_category_ends_at_the_first_dash() {
        let name: StreamName = "task-0198c7a0-0000".parse().expect("it is a stream");
        assert_eq!((name.0.category.as_str(), name.0.key.as_str()), ("task", "0198c7a0-0000"));
    }

    #[test]
    fn a_name_that_cannot_be_a_stream_is_refused() {
        assert!(written("fact").is_err());
        assert!(written("fact-").is_err());
        assert!(written("/fact-a").is_err());
        assert!(written("a/b/fact-a").is_err());
        assert!(written("fact-a b").is_err());
    }
}
