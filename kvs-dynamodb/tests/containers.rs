//! The suite of the contract, on a server in a container.
//!
//! `cargo xtask test --containers` builds an image and names it. By hand: `KVS_DYNAMODB_IMAGE` is any image that is
//! here or can be pulled, and that serves DynamoDB on port 8000; region and credentials are those of the environment.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod subject;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, available_parallelism, sleep};
use std::time::{Duration, Instant};
use std::{env, io};

use kvs_conformance::{Subject, Verdict, cases, run};
use testcontainers::core::IntoContainerPort as _;
use testcontainers::runners::SyncRunner as _;
use testcontainers::{Container, GenericImage};

const IMAGE: &str = "KVS_DYNAMODB_IMAGE";
const PORT: u16 = 8000;

/// Where the container is, for the subject.
static URL: OnceLock<String> = OnceLock::new();

#[test]
fn every_case_passes_in_a_container() {
    let image =
        env::var(IMAGE).unwrap_or_else(|_| panic!("{IMAGE} names no image; use `cargo xtask test --containers`"));
    let container = start(&image);
    let address = address(&container);
    wait_for(&address);
    println!("image {image}: container {}, port {PORT} is {address}", container.id());
    URL.set(format!("http://{address}")).unwrap();

    let report = run_all();
    let (executed, passed) = (report.passed + report.failed.len(), report.passed);
    println!(
        "image {image}: {executed} cases executed, {passed} passed, {} ignored",
        report.ignored
    );
    assert!(
        report.failed.is_empty(),
        "{} failed: {:#?}",
        report.failed.len(),
        report.failed
    );
    assert!(executed > 0, "no case was executed, so nothing is proven");
}

fn start(image: &str) -> Container<GenericImage> {
    // A colon before the last slash belongs to the port of a registry.
    let (name, tag) = match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    };
    GenericImage::new(name, tag)
        .with_exposed_port(PORT.tcp())
        .start()
        .unwrap()
}

fn address(container: &Container<GenericImage>) -> String {
    let host = container.get_host().unwrap();
    let port = container.get_host_port_ipv4(PORT).unwrap();
    format!("{host}:{port}")
}

/// Waits until the server says anything: what it prints when it is ready, only its makers know.
fn wait_for(address: &str) {
    let end = Instant::now() + Duration::from_mins(1);
    while let Err(error) = greet(address) {
        assert!(Instant::now() < end, "nothing answers at {address}: {error}");
        sleep(Duration::from_millis(20));
    }
}

fn greet(address: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    stream.read_exact(&mut [0; 5])
}

#[derive(Default)]
struct Report {
    passed: usize,
    ignored: usize,
    failed: Vec<String>,
}

/// Runs each case once, as many at a time as there are processors.
fn run_all() -> Report {
    let endpoint = || URL.get().cloned().unwrap_or_default();
    let subject: Arc<dyn Subject> = Arc::new(subject::Dynamo::new(endpoint));
    let queue = Mutex::new(cases());
    let report = Mutex::new(Report::default());
    let work = || {
        while let Some(case) = { queue.lock().unwrap().next() } {
            let verdict = run(&subject, &case.name()).unwrap();
            let mut report = report.lock().unwrap();
            match verdict {
                Verdict::Passed => report.passed += 1,
                Verdict::NotApplicable(_) => report.ignored += 1,
                Verdict::Failed(failed) => report.failed.push(format!("{}: {failed}", case.name())),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    report.into_inner().unwrap()
}
