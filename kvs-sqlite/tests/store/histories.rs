//! Histories of several processes on one file: one order explains every answer. The test starts itself again as the
//! other processes, and asks them for one operation after the other, by lines on their standard input.

use std::env;
use std::io::{BufRead, BufReader, Lines, Write as _, stdin};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use kvs_conformance::linearizability::{Answer, Call, Checker, Client, History, Operation, Recorder};
use kvs_sqlite::{FullStore, ManualClock, SqliteConfig, SqliteStore, Ttl, Version, Versioned};
use tokio::runtime::{Builder, Runtime};

use crate::common::Site;
use crate::processes::PATH;

const TEST: &str = "histories::processes_on_one_file_have_one_order";
const PROCESSES: usize = 3;
const OPERATIONS: usize = 60;

/// What begins the line of an answer: the test harness writes lines of its own.
const MARK: &str = "answer:";

/// A store in this process, which does one operation at a time.
struct Here {
    runtime: Runtime,
    client: Client,
}

impl Here {
    fn new(path: &Path) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let store = runtime.block_on(SqliteStore::open(SqliteConfig::new(path))).unwrap();
        let store: Arc<dyn FullStore> = Arc::new(store);
        // It does operations as the recorder names them; what it records by itself is not used.
        let client = Recorder::new(ManualClock::default()).client(store);
        Self { runtime, client }
    }

    fn ask(&mut self, key: &str, call: Call) -> Answer {
        self.runtime.block_on(self.client.call(key, call)).unwrap()
    }
}

/// A store in another process.
struct There {
    child: Child,
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl There {
    fn new(path: &Path) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", TEST, "--nocapture"])
            .env(PATH, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let answers = BufReader::new(stdout).lines();
        let mut there = Self { child, stdin, answers };
        there.ask("ready", &Call::Get);
        there
    }

    fn send(&mut self, key: &str, call: &Call) {
        writeln!(self.stdin, "{key} {}", call_to_text(call)).unwrap();
    }

    fn ask(&mut self, key: &str, call: &Call) -> Answer {
        self.send(key, call);
        let line = self
            .answers
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(MARK));
        answer_from_text(line.unwrap().split_once(MARK).unwrap().1)
    }
}

impl Drop for There {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other process: answers until nobody asks.
fn serve(path: &Path) {
    let mut here = Here::new(path);
    for line in stdin().lines().map(Result::unwrap) {
        let (key, call) = line.split_once(' ').unwrap();
        let answer = here.ask(key, call_from_text(call));
        println!("\n{MARK}{}", answer_to_text(&answer));
    }
}

#[test]
fn processes_on_one_file_have_one_order() {
    if let Some(path) = env::var_os(PATH) {
        return serve(Path::new(&path));
    }
    let site = Site::new();
    let path = site.path();
    let (mut here, instants) = (Here::new(&path), AtomicU64::new(0));
    let others: Vec<There> = (0..PROCESSES).map(|_| There::new(&path)).collect();
    let operations = thread::scope(|scope| {
        let threads = (1..).zip(others).map(|(client, mut there)| {
            let instants = &instants;
            scope.spawn(move || {
                let mut done = drive(client, instants, |key, call| there.ask(key, &call));
                if client == 1 {
                    done.push(kill(there, client, instants));
                }
                done
            })
        });
        let threads: Vec<_> = threads.collect();
        let mut operations = drive(0, &instants, |key, call| here.ask(key, call));
        operations.extend(threads.into_iter().flat_map(|thread| thread.join().unwrap()));
        operations
    });
    let mut history = History::default();
    for operation in operations {
        history.push(operation).unwrap();
    }
    // What the killed process did stands, or never happened.
    for key in ["a", "b"] {
        let begin = instants.fetch_add(1, Ordering::SeqCst);
        let answer = here.ask(key, Call::GetVersioned);
        let span = begin..=instants.fetch_add(1, Ordering::SeqCst);
        history
            .push(Operation::answered(0, key, span, Call::GetVersioned, answer))
            .unwrap();
    }
    assert_eq!(history.operations().len(), (PROCESSES + 1) * OPERATIONS + 3);
    let verdict = Checker::new().check(&history);
    assert!(verdict.is_linearizable(), "{verdict}");
}

/// Random operations of one client. An operation begins before it is sent and ends after its answer came, which makes
/// it longer than it was and hides nothing that others saw of it.
fn drive(client: usize, instants: &AtomicU64, mut ask: impl FnMut(&str, Call) -> Answer) -> Vec<Operation> {
    let (mut random, mut known) = (client as u64 + 1, None);
    let operations = (0..OPERATIONS).map(|round| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let key = if random >> 40 & 1 == 0 { "a" } else { "b" };
        let expected = known.filter(|(of, _)| *of == key).map(|(_, version)| version);
        let call = call(random % 10, expected, format!("{client}-{round}"));
        let begin = instants.fetch_add(1, Ordering::SeqCst);
        let answer = ask(key, call.clone());
        let span = begin..=instants.fetch_add(1, Ordering::SeqCst);
        match &answer {
            Answer::Versioned(Versioned { version, .. }) | Answer::Written(version) => known = Some((key, *version)),
            _ => {}
        }
        Operation::answered(client, key, span, call, answer)
    });
    operations.collect()
}

/// Sends a last write and kills the process, so that nobody knows whether it was done.
fn kill(mut there: There, client: usize, instants: &AtomicU64) -> Operation {
    let begin = instants.fetch_add(1, Ordering::SeqCst);
    let call = Call::set("the last one");
    there.send("a", &call);
    drop(there);
    let span = begin..=instants.fetch_add(1, Ordering::SeqCst);
    Operation::lost(client, "a", span, call)
}

fn call(choice: u64, known: Option<Version>, value: String) -> Call {
    let (value, ttl) = (value.into(), Ttl::Never);
    match (choice, known) {
        (0 | 1, _) => Call::Set { value, ttl },
        (2, _) => Call::Delete,
        (3, _) => Call::SetIfAbsent { value, ttl },
        (4, _) => Call::Take,
        (5, _) => Call::Touch { ttl },
        (6 | 7, Some(expected)) => Call::CompareAndSet { expected, value, ttl },
        (8, Some(expected)) => Call::CompareAndDelete { expected },
        (9, _) => Call::Get,
        _ => Call::GetVersioned,
    }
}

fn call_to_text(call: &Call) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let name = call.name();
    match call {
        Call::Set { value, .. } | Call::SetIfAbsent { value, .. } => format!("{name} {}", text(value)),
        Call::CompareAndSet { expected, value, .. } => format!("{name} {expected} {}", text(value)),
        Call::CompareAndDelete { expected } => format!("{name} {expected}"),
        _ => name.to_owned(),
    }
}

fn call_from_text(text: &str) -> Call {
    let (name, arguments) = text.split_once(' ').unwrap_or((text, ""));
    let (value, ttl) = (arguments.to_owned().into(), Ttl::Never);
    match name {
        "get" => Call::Get,
        "get_versioned" => Call::GetVersioned,
        "set" => Call::Set { value, ttl },
        "delete" => Call::Delete,
        "set_if_absent" => Call::SetIfAbsent { value, ttl },
        "compare_and_set" => {
            let (version, value) = arguments.split_once(' ').unwrap();
            let (expected, value) = (version.parse().unwrap(), value.to_owned().into());
            Call::CompareAndSet { expected, value, ttl }
        }
        "compare_and_delete" => Call::CompareAndDelete {
            expected: arguments.parse().unwrap(),
        },
        "take" => Call::Take,
        "touch" => Call::Touch { ttl },
        other => unreachable!("{other} is no call"),
    }
}

fn answer_to_text(answer: &Answer) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    match answer {
        Answer::Value(value) => format!("value {}", text(value)),
        Answer::Versioned(read) => format!("versioned {} {}", read.version, text(&read.value)),
        Answer::Written(version) => format!("written {version}"),
        other => format!("{other:?}"),
    }
}

fn answer_from_text(text: &str) -> Answer {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    match name {
        "absent" => Answer::Absent,
        "done" => Answer::Done,
        "conflict" => Answer::Conflict,
        "value" => Answer::Value(rest.to_owned().into()),
        "written" => Answer::Written(rest.parse().unwrap()),
        "versioned" => {
            let (version, value) = rest.split_once(' ').unwrap();
            Answer::Versioned(Versioned {
                value: value.to_owned().into(),
                version: version.parse().unwrap(),
                expires_at: None,
            })
        }
        other => unreachable!("{other} is no answer"),
    }
}
