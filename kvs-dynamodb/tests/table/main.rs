//! Making a table, looking at one, and what a store does at a table that does not fit.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that fails fails its test"
)]

mod answers;
#[path = "../emulator/mod.rs"]
mod emulator;
mod removal;
#[path = "../faults/server/mod.rs"]
#[expect(dead_code, reason = "other targets need the rest")]
mod server;
mod site;

use aws_sdk_dynamodb::types::{BillingMode, TableStatus, TimeToLiveStatus};
use futures_util::future::join_all;
use kvs_dynamodb::{DynamoConfig, DynamoSettings, DynamoStore, ErrorKind, Level, ListableStore, StoreExt, Ttl};

use crate::site::{Site, attribute_names, level, of};

#[tokio::test]
async fn a_table_is_made_for_use_on_demand_with_ttl() {
    let site = Site::new("made");
    site.table().create(&[]).await.unwrap();
    let table = site.describe().await;
    assert_eq!(table.table_status(), Some(&TableStatus::Active));
    assert_eq!(attribute_names(&table), ["pk", "sk"]);
    let billing = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    assert_eq!(billing, Some(&BillingMode::PayPerRequest));
    let ttl = site.describe_ttl().await;
    let is_on = matches!(
        ttl.time_to_live_status(),
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    );
    assert!(is_on && ttl.attribute_name() == Some("ttl"), "{ttl:?}");
    site.remove().await;
}

#[tokio::test]
async fn sixteen_programs_may_make_a_table_at_once() {
    let site = Site::new("race");
    let opened = join_all((0..16).map(|_| DynamoStore::open(site.config().create_table(true)))).await;
    let stores: Vec<DynamoStore> = opened.into_iter().map(Result::unwrap).collect();
    let writes = stores
        .iter()
        .enumerate()
        .map(|(n, store)| async move { store.set_text(&format!("{n:02}"), "v", Ttl::Never).await });
    assert!(join_all(writes).await.iter().all(Result::is_ok));
    assert_eq!(stores[0].list("").await.unwrap().len(), 16);
    site.remove().await;
}

#[tokio::test]
async fn a_table_with_another_primary_key_is_refused_and_reported() {
    for (attributes, shown) in [
        (vec![("pk", "S")], "pk (S, HASH);"),
        (vec![("id", "S"), ("sk", "S")], "id (S, HASH), sk (S, RANGE);"),
        (vec![("pk", "S"), ("sk", "N")], "pk (S, HASH), sk (N, RANGE);"),
    ] {
        let site = Site::new("key");
        site.create_with(&attributes).await;
        let error = site.table().create(&[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        let message = error.to_string();
        assert!(message.starts_with("dynamodb: create_table: the table"), "{message}");
        assert!(
            message.contains(shown) && message.contains("use another table"),
            "{message}"
        );
        let findings = site.check(DynamoSettings::new()).await;
        let key = of(&findings, "key");
        assert_eq!(key.level, Level::Bad);
        assert!(key.message.contains(shown), "{key}");
        site.remove().await;
    }
}

#[tokio::test]
async fn a_fitting_table_has_nothing_to_mend() {
    let site = Site::new("fits");
    site.table().create(&[]).await.unwrap();
    let findings = site.check(DynamoSettings::new()).await;
    assert_eq!(level(&findings), Level::Good, "{findings:#?}");
    assert!(of(&findings, "namespace").message.contains("never used yet"));
    site.open(DynamoSettings::new()).await.unwrap();
    let findings = site.check(DynamoSettings::new()).await;
    assert_eq!(level(&findings), Level::Good, "{findings:#?}");
    assert_eq!(of(&findings, "namespace").message, "format 1, 8 shards");
    let names: Vec<_> = findings.iter().map(|finding| finding.name).collect();
    assert_eq!(
        names,
        ["table", "key", "billing", "deletion", "ttl", "namespace", "backups"]
    );
    assert_eq!(DynamoStore::check(&site.config()).await.unwrap(), findings);
    site.remove().await;
}

#[tokio::test]
async fn a_missing_table_is_reported_and_not_opened() {
    let site = Site::new("missing");
    let findings = site.check(DynamoSettings::new()).await;
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].name, findings[0].level), ("table", Level::Bad));
    assert!(findings[0].advice.as_ref().unwrap().contains("create_table"));
    let error = site.open(DynamoSettings::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.to_string().contains("create_table"), "{error}");
}

#[tokio::test]
async fn ttl_that_is_off_is_a_warning_that_says_how_to_switch_it_on() {
    let site = Site::new("ttl-off");
    site.create_with(&[("pk", "S"), ("sk", "S")]).await;
    let findings = site.check(DynamoSettings::new()).await;
    let ttl = of(&findings, "ttl");
    assert_eq!(ttl.level, Level::Warning);
    let command = format!(
        "aws dynamodb update-time-to-live --table-name {} --time-to-live-specification Enabled=true,AttributeName=ttl",
        site.name()
    );
    assert_eq!(ttl.advice.as_deref(), Some(command.as_str()));
    site.table().create(&[]).await.unwrap();
    assert_eq!(of(&site.check(DynamoSettings::new()).await, "ttl").level, Level::Good);
    site.remove().await;
}

#[tokio::test]
async fn ttl_on_another_attribute_is_refused_and_reported() {
    let site = Site::new("ttl-other");
    site.create_with(&[("pk", "S"), ("sk", "S")]).await;
    site.switch_ttl_on("expires").await;
    let error = site.table().create(&[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.to_string().contains("on the attribute expires"), "{error}");
    let findings = site.check(DynamoSettings::new()).await;
    let ttl = of(&findings, "ttl");
    assert_eq!(ttl.level, Level::Bad);
    let advice = ttl.advice.as_ref().unwrap();
    assert!(advice.contains("Enabled=false,AttributeName=expires"), "{advice}");
    assert!(advice.contains("Enabled=true,AttributeName=ttl"), "{advice}");
    site.remove().await;
}

#[tokio::test]
async fn a_newer_format_is_refused_and_reported() {
    let site = Site::new("format");
    site.table().create(&[]).await.unwrap();
    site.put_record("kvs/", &[("format", "2"), ("shards", "8"), ("more", "1")])
        .await;
    let error = site.open(DynamoSettings::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible, "{error}");
    let findings = site.check(DynamoSettings::new()).await;
    assert_eq!(of(&findings, "namespace").level, Level::Bad);
    assert!(of(&findings, "namespace").message.contains("format 2"), "{findings:?}");
    site.remove().await;
}

#[tokio::test]
async fn a_record_that_is_not_ours_is_refused_and_reported() {
    for attributes in [
        vec![],
        vec![("format", "1")],
        vec![("format", "1"), ("shards", "0")],
        vec![("shards", "8")],
    ] {
        let site = Site::new("record");
        site.table().create(&[]).await.unwrap();
        site.put_record("kvs/", &attributes).await;
        let error = site.open(DynamoSettings::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        let findings = site.check(DynamoSettings::new()).await;
        assert_eq!(of(&findings, "namespace").level, Level::Bad, "{attributes:?}");
        site.remove().await;
    }
}

#[tokio::test]
async fn the_recorded_shards_are_taken_and_only_another_wish_is_refused() {
    let site = Site::new("shards");
    site.table().create(&[]).await.unwrap();
    let four = site.open(DynamoSettings::new().shards(4)).await.unwrap();
    for n in 0..20 {
        four.set_text(&format!("key:{n:02}"), "v", Ttl::Never).await.unwrap();
    }
    for settings in [DynamoSettings::new(), DynamoSettings::new().shards(4)] {
        let store = site.open(settings.clone()).await.unwrap();
        assert_eq!(store.list("key:").await.unwrap().len(), 20);
        assert_eq!(store.get_text("key:07").await.unwrap(), "v");
        let findings = site.check(settings).await;
        assert_eq!(of(&findings, "namespace").message, "format 1, 4 shards");
    }
    let error = site.open(DynamoSettings::new().shards(8)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.to_string().contains("made with 4"), "{error}");
    let findings = site.check(DynamoSettings::new().shards(8)).await;
    assert_eq!(of(&findings, "namespace").level, Level::Bad);
    assert!(
        of(&findings, "namespace")
            .advice
            .as_ref()
            .unwrap()
            .contains("set it to 4")
    );
    site.remove().await;
}

#[tokio::test]
async fn each_namespace_has_shards_of_its_own() {
    let site = Site::new("namespaces");
    site.table().create(&[]).await.unwrap();
    for (name, shards) in [("a", 1), ("A", 2), ("a-b", 3)] {
        let settings = DynamoSettings::new().namespace(name.parse().unwrap());
        let store = site.open(settings.clone().shards(shards)).await.unwrap();
        store.set_text("k", name, Ttl::Never).await.unwrap();
        let findings = site.check(settings).await;
        assert_eq!(of(&findings, "namespace").message, format!("format 1, {shards} shards"));
    }
    assert_eq!(
        site.partitions_and_keys().await,
        [
            ("kvs/A", "kvs"),
            ("kvs/a", "kvs"),
            ("kvs/a-b", "kvs"),
            ("v/A/0", "k"),
            ("v/a-b/2", "k"),
            ("v/a/0", "k")
        ]
        .map(|(pk, sk)| (pk.to_owned(), sk.to_owned()))
    );
    site.remove().await;
}

#[tokio::test]
async fn without_create_a_namespace_that_was_never_written_is_refused_and_stays_unwritten() {
    let site = Site::new("create");
    site.table().create(&[]).await.unwrap();
    let settings = DynamoSettings::new().create(false);
    let error = site.open(settings.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert_eq!(site.partitions_and_keys().await, []);
    assert_eq!(of(&site.check(settings.clone()).await, "namespace").level, Level::Bad);
    site.open(DynamoSettings::new()).await.unwrap();
    site.open(settings).await.unwrap();
    site.remove().await;
}

#[tokio::test]
async fn what_throttles_and_what_caps_is_a_warning() {
    let site = Site::new("provisioned");
    site.create_provisioned_with_index().await;
    let findings = site.check(DynamoSettings::new()).await;
    let billing = of(&findings, "billing");
    assert_eq!(billing.level, Level::Warning);
    assert!(billing.message.contains("7 read and 3 write units"), "{billing}");
    assert!(billing.advice.as_ref().unwrap().contains("PAY_PER_REQUEST"));
    assert_eq!(of(&findings, "indexes").level, Level::Warning);
    site.remove().await;
}

#[tokio::test]
async fn a_check_with_impossible_settings_names_them() {
    let error = DynamoStore::check(&DynamoConfig::new("")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    let site = Site::new("settings");
    let error = site.table().check(&DynamoSettings::new().shards(0)).await.unwrap_err();
    assert!(error.to_string().starts_with("dynamodb: check: shards is 0"), "{error}");
}
