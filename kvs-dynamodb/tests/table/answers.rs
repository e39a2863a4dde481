//! What the emulator never answers, and AWS does: refusals, states that pass, features that it lacks.

use kvs_dynamodb::{DynamoSettings, ErrorKind, Level};
use serde_json::{Value, json};

use crate::emulator;
use crate::server::{Answer, Fault, FaultServer, Reply, Rule, Upstream};
use crate::site::{Site, level, of};

/// A fitting table behind a server that does as it is told.
async fn bench(test: &str) -> (FaultServer, Site) {
    let site = Site::new(test);
    site.table().create(&[]).await.unwrap();
    let server = server().await;
    let behind = site.behind(&server);
    (server, behind)
}

async fn server() -> FaultServer {
    FaultServer::start(Upstream::new(&emulator::endpoint())).await
}

fn denied() -> Fault {
    Fault::refused(400, "AccessDeniedException")
}

/// The answer of this operation, changed.
fn edited(operation: &'static str, edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Rule {
    Rule::new(Fault::applied(Reply::edited(move |_, answer| edit(answer)))).on(operation)
}

#[tokio::test]
async fn a_permission_that_is_missing_for_the_check_is_a_finding_that_names_it() {
    for (operation, name, expected) in [
        ("DescribeTable", "table", Level::Warning),
        ("DescribeTimeToLive", "ttl", Level::Warning),
        ("GetItem", "namespace", Level::Bad),
        ("DescribeContinuousBackups", "backups", Level::Good),
    ] {
        let (server, site) = bench("denied").await;
        server.plan(Rule::new(denied()).on(operation));
        let findings = site.check(DynamoSettings::new()).await;
        let finding = of(&findings, name);
        assert_eq!(finding.level, expected, "{finding}");
        assert!(
            finding.to_string().contains(&format!("dynamodb:{operation}")),
            "{finding}"
        );
        assert_eq!(level(&findings), expected, "{findings:#?}");
        server.heal();
        site.remove().await;
    }
}

#[tokio::test]
async fn a_permission_that_is_missing_to_make_the_table_is_named() {
    for operation in ["DescribeTable", "CreateTable", "DescribeTimeToLive", "UpdateTimeToLive"] {
        let server = server().await;
        let site = Site::new("refused").behind(&server);
        server.plan(Rule::new(denied()).on(operation));
        let error = site.table().create(&[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        assert!(error.to_string().contains(&format!("dynamodb:{operation}")), "{error}");
    }
}

#[tokio::test]
async fn credentials_that_are_refused_are_an_error_of_the_check() {
    let (server, site) = bench("expired").await;
    server.plan(Rule::new(Fault::refused(400, "ExpiredTokenException")));
    let error = site.table().check(&DynamoSettings::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(
        error
            .to_string()
            .starts_with("dynamodb: check: the credentials have expired"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_stays_away_is_an_error_of_the_check() {
    let (server, site) = bench("away").await;
    server.plan(Rule::new(Fault::unreached(Reply::Reset)));
    let second = std::time::Duration::from_secs(1);
    let error = site
        .table()
        .check(&DynamoSettings::new().operation_timeout(second))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn making_a_table_survives_throttling_resets_and_lost_answers() {
    for fault in [
        Fault::refused(400, "ThrottlingException"),
        Fault::refused(400, "LimitExceededException"),
        Fault::refused(500, "InternalServerError"),
        Fault::unreached(Reply::Reset),
        Fault::applied(Reply::Reset),
    ] {
        let server = server().await;
        let site = Site::new("rough").behind(&server);
        for operation in ["DescribeTable", "CreateTable", "DescribeTimeToLive", "UpdateTimeToLive"] {
            server.plan(Rule::new(fault.clone()).on(operation).times(2));
        }
        site.table().create(&[]).await.unwrap();
        assert_eq!(
            level(&site.check(DynamoSettings::new()).await),
            Level::Good,
            "{fault:?}"
        );
        site.remove().await;
    }
}

/// What was asked, in order.
fn operations(server: &FaultServer) -> Vec<String> {
    server.requests().into_iter().map(|request| request.operation).collect()
}

#[tokio::test]
async fn a_table_is_made_with_its_tags() {
    let server = server().await;
    let site = Site::new("tags").behind(&server);
    site.table()
        .create(&[("team".to_owned(), "checkout".to_owned())])
        .await
        .unwrap();
    let requests = server.requests();
    let made = requests
        .iter()
        .find(|request| request.operation == "CreateTable")
        .unwrap();
    assert_eq!(made.body["Tags"], json!([{"Key": "team", "Value": "checkout"}]));
    site.remove().await;
}

#[tokio::test]
async fn a_table_that_exists_is_only_looked_at() {
    let (server, site) = bench("kept").await;
    site.table()
        .create(&[("team".to_owned(), "other".to_owned())])
        .await
        .unwrap();
    assert_eq!(operations(&server), ["DescribeTable", "DescribeTimeToLive"]);
    site.remove().await;
}

#[tokio::test]
async fn making_a_table_waits_until_it_is_active() {
    let server = server().await;
    let site = Site::new("slow").behind(&server);
    let creating = edited("DescribeTable", |answer| {
        answer["Table"]["TableStatus"] = json!("CREATING");
    });
    server.plan(creating.skip(1).times(3));
    site.table().create(&[]).await.unwrap();
    let mut expected = vec!["DescribeTable", "CreateTable"];
    expected.extend(["DescribeTable"; 4]);
    expected.extend(["DescribeTimeToLive", "UpdateTimeToLive"]);
    assert_eq!(operations(&server), expected);
    site.remove().await;
}

#[tokio::test]
async fn ttl_that_another_program_switched_on_meanwhile_is_on() {
    let server = server().await;
    let site = Site::new("ttl-race").behind(&server);
    let refusal = Answer::error(400, "ValidationException", "TimeToLive is already enabled");
    server.plan(Rule::new(Fault::applied(Reply::Instead(refusal))).on("UpdateTimeToLive"));
    site.table().create(&[]).await.unwrap();
    let orders = operations(&server)
        .into_iter()
        .filter(|operation| operation == "UpdateTimeToLive");
    assert_eq!(orders.count(), 1);
    site.remove().await;
}

#[tokio::test]
async fn ttl_that_cannot_be_switched_on_is_an_error_after_a_few_orders() {
    let server = server().await;
    let site = Site::new("ttl-refused").behind(&server);
    server.plan(Rule::new(Fault::refused(400, "ValidationException")).on("UpdateTimeToLive"));
    let error = site.table().create(&[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
    site.remove().await;
}

#[tokio::test]
async fn ttl_that_is_being_switched_on_will_do_and_off_will_not() {
    let (server, site) = bench("ttl-states").await;
    let state = |state: &'static str| {
        edited("DescribeTimeToLive", move |answer| {
            answer["TimeToLiveDescription"] = json!({"TimeToLiveStatus": state, "AttributeName": "ttl"});
        })
    };
    server.plan(state("ENABLING"));
    site.table().create(&[]).await.unwrap();
    assert_eq!(level(&site.check(DynamoSettings::new()).await), Level::Good);
    server.heal();
    server.plan(state("DISABLING"));
    let error = site.table().create(&[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(
        of(&site.check(DynamoSettings::new()).await, "ttl").level,
        Level::Warning
    );
    site.remove().await;
}

#[tokio::test]
async fn what_a_description_tells_has_its_level() {
    let replica = || json!([{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1"}]);
    let cases: [(&str, Value, &str, Level); 9] = [
        ("TableStatus", json!("UPDATING"), "table", Level::Good),
        ("TableStatus", json!("CREATING"), "table", Level::Bad),
        ("TableStatus", json!("DELETING"), "table", Level::Bad),
        ("TableStatus", json!("ARCHIVED"), "table", Level::Bad),
        (
            "TableStatus",
            json!("INACCESSIBLE_ENCRYPTION_CREDENTIALS"),
            "table",
            Level::Bad,
        ),
        ("TableStatus", json!("SOMETHING_NEW"), "table", Level::Bad),
        ("DeletionProtectionEnabled", json!(true), "deletion", Level::Good),
        ("Replicas", replica(), "replicas", Level::Warning),
        ("MultiRegionConsistency", json!("STRONG"), "replicas", Level::Bad),
    ];
    let (server, site) = bench("states").await;
    for (member, value, name, expected) in cases {
        let shown = value.clone();
        server.plan(edited("DescribeTable", move |answer| {
            if member == "MultiRegionConsistency" {
                answer["Table"]["Replicas"] = json!([{"RegionName": "eu-west-1"}]);
            }
            answer["Table"][member] = value.clone();
        }));
        let findings = site.check(DynamoSettings::new()).await;
        assert_eq!(of(&findings, name).level, expected, "{member} {shown}");
        server.heal();
    }
    site.remove().await;
}

#[tokio::test]
async fn backups_are_told_but_never_complained_about() {
    let (server, site) = bench("backups").await;
    for (status, words) in [
        ("ENABLED", "is on"),
        ("DISABLED", "update-continuous-backups --table-name"),
    ] {
        let body = json!({"ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status},
        }});
        let answer = Fault::unreached(Reply::Instead(Answer::new(200, body.to_string())));
        server.plan(Rule::new(answer).on("DescribeContinuousBackups"));
        let findings = site.check(DynamoSettings::new()).await;
        assert_eq!(of(&findings, "backups").level, Level::Good);
        assert!(of(&findings, "backups").message.contains(words), "{findings:#?}");
        server.heal();
    }
    site.remove().await;
}
