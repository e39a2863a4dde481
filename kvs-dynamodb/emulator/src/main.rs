//! The DynamoDB of the tests: dynoxide behind HTTP, in a process that ends with the one that started it.

mod args;

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, TcpListener};
use std::process::{self, ExitCode};
use std::{future, thread};

use args::{Args, Request};
use dynoxide::Database;

/// Below the ports that systems give to outgoing connections. A client that keeps on calling a stopped server would at
/// some point be given that server's port as its own, be connected to itself, and keep the server from coming back.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

fn main() -> ExitCode {
    let result = match args::parse(std::env::args().skip(1)) {
        Ok(Request::Serve(args)) => serve(&args),
        Ok(Request::Help) => {
            println!("{}", args::USAGE);
            Ok(())
        }
        Err(error) => Err(format!("{error}\n\n{}", args::USAGE)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kvs-dynamodb-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> Result<(), String> {
    let database = match &args.db_path {
        Some(path) => Database::new(path).map_err(|error| format!("cannot open {path}: {error}"))?,
        None => Database::memory().map_err(|error| format!("cannot open a database in memory: {error}"))?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start a runtime: {error}"))?;
    runtime.block_on(async {
        let listener = listen(args)?;
        if !args.until_killed {
            thread::spawn(end_with_stdin);
        }
        // Only now, so that who has read the address can connect.
        announce(&listener).map_err(|error| format!("cannot print the address: {error}"))?;
        let listener = to_tokio(listener).map_err(|error| format!("cannot listen: {error}"))?;
        dynoxide::server::serve_with_shutdown(listener, database, future::pending()).await
    })
}

fn listen(args: &Args) -> Result<TcpListener, String> {
    let host = args.host;
    match args.port {
        Some(port) => {
            TcpListener::bind((host, port)).map_err(|error| format!("cannot listen on port {port} of {host}: {error}"))
        }
        None => free_port(host).ok_or_else(|| format!("{host} has no free port in {PORTS:?}")),
    }
}

/// Begins at a place that depends on the process, so that emulators that start at once do not all try the same ports.
fn free_port(host: IpAddr) -> Option<TcpListener> {
    let count = u32::from(PORTS.end - PORTS.start);
    let first = process::id() % count;
    let mut ports = (0..count).filter_map(|step| u16::try_from((first + step) % count).ok());
    ports.find_map(|offset| TcpListener::bind((host, PORTS.start + offset)).ok())
}

fn to_tokio(listener: TcpListener) -> io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}

fn announce(listener: &TcpListener) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut out = io::stdout();
    writeln!(out, "http://{address}")?;
    out.flush()
}

/// The system closes our stdin also when the process that holds its other end is killed.
fn end_with_stdin() {
    let mut buffer = [0; 64];
    while io::stdin().read(&mut buffer).is_ok_and(|count| count > 0) {}
    process::exit(0);
}
