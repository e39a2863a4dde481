//! Client CPU: instructions an operation, as callgrind counts them.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bench_harness::{Contestant, Role, Sample, Values};
use kvs_dynamodb::aws_sdk_dynamodb::Client;
use kvs_dynamodb::aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use kvs_dynamodb::aws_sdk_dynamodb::config::retry::RetryConfig;

use crate::stores::{self, Bare, OpenKeyV, Ours, PAGE, SESSION, Sessions};

/// The operations that are counted.
pub(crate) const GET: &str = "get";
pub(crate) const SET: &str = "set";
pub(crate) const LIST: &str = "list 100";

const KEY: &str = "session:9f86d081884c7d659a2feaa0c55ad015";

/// The names of those who are counted.
pub(crate) const OURS: &str = "kvs-dynamodb";
/// The SDK with the settings that ours gives it, which has retries of its own.
pub(crate) const BARE: &str = "SDK, retries off";
pub(crate) const BARE_AS_IT_COMES: &str = "SDK, defaults";
pub(crate) const OPEN_KEYV: &str = "openkeyv";

/// Whether there is a callgrind.
pub(crate) fn is_there() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// One client on one operation, against a server of canned answers.
#[derive(Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) who: &'static str,
    pub(crate) role: Role,
    pub(crate) operation: &'static str,
    pub(crate) url: &'a str,
}

impl Contestant for Counted<'_> {
    fn name(&self) -> String {
        self.who.to_owned()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn round(&mut self, _round: usize) -> anyhow::Result<Sample> {
        let start = Instant::now();
        // What starting and connecting costs falls out of the difference of two lengths.
        let (short, long) = if self.operation == LIST { (5, 20) } else { (25, 125) };
        // Side by side: who else is busy changes no count.
        let (short_run, long_run) = (self.run(short)?, self.run(long)?);
        let difference = instructions(long_run)?.saturating_sub(instructions(short_run)?);
        let each = difference as f64 / (long - short) as f64;
        Ok(Sample::new(long - short, start.elapsed()).count("instructions", each))
    }
}

impl Counted<'_> {
    fn run(&self, count: u64) -> anyhow::Result<Child> {
        let run = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe()?)
            .args(["drive", self.who, self.operation, &count.to_string(), self.url])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(run)
    }
}

fn instructions(run: Child) -> anyhow::Result<u64> {
    let output = run.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind: {said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    let (_, total) = collected.with_context(|| format!("callgrind collected nothing: {said}"))?;
    Ok(total.trim().parse()?)
}

/// What runs below callgrind: an operation, over and over, on a current-thread runtime.
pub(crate) fn drive(who: &str, operation: &str, count: u64, url: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = stores::client(url);
        match who {
            OURS => repeat(&Ours::open(client).await?, operation, count).await,
            BARE => repeat(&Bare::new(without_retries(url)), operation, count).await,
            BARE_AS_IT_COMES => repeat(&Bare::new(client), operation, count).await,
            OPEN_KEYV => repeat(&OpenKeyV::new(client), operation, count).await,
            _ => bail!("nobody is called {who}"),
        }
    })?;
    runtime.shutdown_timeout(Duration::ZERO);
    Ok(())
}

fn without_retries(url: &str) -> Client {
    let settings = stores::settings(url)
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Client::from_conf(settings.build())
}

async fn repeat(store: &impl Sessions, operation: &str, count: u64) -> anyhow::Result<()> {
    let mut values = Values::new(SESSION, 1);
    let mut value = || values.next().context("values never end");
    // The server gives back what was written last.
    store.set(KEY, value()?).await?;
    for _ in 0..count {
        match operation {
            GET => ensure!(store.get(KEY).await? == Some(SESSION), "another value"),
            SET => store.set(KEY, value()?).await?,
            LIST => ensure!(store.list().await? == [SESSION; PAGE], "another page"),
            _ => bail!("there is no operation {operation}"),
        }
    }
    Ok(())
}
