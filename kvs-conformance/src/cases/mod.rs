//! The cases, group by group.

use crate::case::Case;

mod atomic;
mod basics;
mod batch;
mod cancellation;
mod concurrency;
mod documents;
mod durability;
mod errors;
mod eventual;
mod evicting;
mod filters;
mod keys;
mod lifecycle;
mod limits;
mod linearizability;
mod listing;
mod metadata;
mod model;
mod security;
mod support;
mod traits;
mod transactions;
mod ttl;
mod values;
mod wall;

/// All groups, in the order in which they are shown. A group that is not listed does not compile without a warning.
#[rustfmt::skip]
pub(crate) const GROUPS: &[&[Case]] = &[
    traits::CASES,
    basics::CASES,
    basics::FORMS,
    basics::NAMESPACES,
    keys::CASES,
    keys::TEXT,
    values::CASES,
    limits::CASES,
    ttl::CASES,
    ttl::REPLACE,
    ttl::ATOMIC,
    ttl::CLOCK,
    ttl::RACES,
    wall::CASES,
    eventual::CASES,
    evicting::CASES,
    listing::CASES,
    listing::PAGES,
    listing::AFTER,
    listing::WALKS,
    listing::REMOVAL,
    listing::STREAMS,
    batch::CASES,
    batch::REFUSALS,
    durability::CASES,
    durability::HANDLES,
    model::CASES,
    atomic::conditional::CASES,
    atomic::increment::CASES,
    atomic::races::CASES,
    atomic::touch::CASES,
    atomic::update::CASES,
    atomic::versions::CASES,
    transactions::checks::CASES,
    transactions::limits::CASES,
    transactions::probes::CASES,
    transactions::races::CASES,
    transactions::writes::CASES,
    documents::basics::CASES,
    documents::collections::CASES,
    documents::limits::CASES,
    documents::options::CASES,
    documents::round_trip::CASES,
    filters::compare::CASES,
    filters::operators::CASES,
    filters::strings::CASES,
    filters::paths::CASES,
    filters::combine::CASES,
    filters::form::CASES,
    filters::paging::CASES,
    filters::random::CASES,
    metadata::CASES,
    lifecycle::close::CASES,
    lifecycle::closed::CASES,
    lifecycle::runtimes::CASES,
    concurrency::load::CASES,
    concurrency::registers::CASES,
    linearizability::CASES,
    cancellation::load::CASES,
    cancellation::polls::CASES,
    cancellation::together::CASES,
    errors::kinds::CASES,
    errors::aftermath::CASES,
    errors::messages::CASES,
    security::injection::CASES,
    security::secrets::CASES,
];
