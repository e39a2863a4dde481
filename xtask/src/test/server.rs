//! The DynamoDB that the tests talk to.

#[path = "../../../kvs-dynamodb/tests/emulator/mod.rs"]
mod emulator;

use std::env;
use std::net::TcpStream;

use super::local;
use crate::daemon::Daemon;
use emulator::{ENDPOINT, Emulator};

/// Names a table that exists, which the suite then shares instead of making one for each case.
const TABLE: &str = "KVS_DYNAMODB_TABLE";

/// Where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Server {
    /// Ours, started for this run.
    Emulator,
    /// Amazon's program for this machine, started for this run.
    Local,
    /// Amazon's service, in the region of the environment.
    Aws,
    /// Started by somebody else.
    Url(String),
}

/// A server that answers, until this is dropped if it is ours.
#[derive(Debug)]
pub(crate) struct Running {
    url: String,
    shares_table: bool,
    _process: Option<Process>,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held for being dropped")]
enum Process {
    Emulator(Emulator),
    Local(Daemon),
}

/// The program of the emulator, built if need be.
pub(super) use emulator::build as build_emulator;

impl Server {
    pub(super) fn parse(place: &str) -> Result<Self, String> {
        match place {
            "emulator" => Ok(Self::Emulator),
            "local" => Ok(Self::Local),
            "aws" => Ok(Self::Aws),
            url if host(url).is_some() => Ok(Self::Url(url.to_owned())),
            _ => Err(format!(
                "no place of a DynamoDB: `{place}`; there are `local`, `aws`, and URLs with http:// or https://"
            )),
        }
    }

    /// Whether requests leave this machine, so that they may cost money and take their time.
    pub(super) fn is_remote(&self) -> bool {
        match self {
            Self::Emulator | Self::Local => false,
            Self::Aws => true,
            Self::Url(url) => !host(url).is_some_and(is_loopback),
        }
    }

    pub(super) fn start(&self) -> Result<Running, String> {
        let (url, process) = match self {
            Self::Emulator => {
                let emulator = Emulator::try_start_with(&[])?;
                (emulator.url().to_owned(), Some(Process::Emulator(emulator)))
            }
            Self::Local => {
                let (url, daemon) = local::start()?;
                (url, Some(Process::Local(daemon)))
            }
            Self::Aws => (aws_url(set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")))?, None),
            Self::Url(url) => {
                greet(url)?;
                (url.clone(), None)
            }
        };
        println!("DynamoDB is at {url}");
        let shares_table = self.is_remote();
        Ok(Running {
            url,
            shares_table,
            _process: process,
        })
    }
}

impl Running {
    /// What the tests have to know.
    pub(crate) fn environment(&self) -> Vec<(&str, &str)> {
        let mut environment = vec![(ENDPOINT, self.url.as_str())];
        if !self.shares_table {
            environment.push((TABLE, ""));
        }
        environment
    }
}

/// Fails unless somebody has named a table: a table for each case is no way to treat an account.
pub(super) fn check_table() -> Result<(), String> {
    match set(TABLE) {
        Some(table) => {
            println!(
                "The suite writes to the table {table}, each case in namespaces of its own, and leaves them there."
            );
            Ok(())
        }
        None => Err(format!(
            "set {TABLE} to the name of a table of kvs that may be filled and thrown away; \
             the region and the credentials are those that every AWS tool finds"
        )),
    }
}

/// Fails unless somebody listens: otherwise every case would wait for its own failure.
fn greet(url: &str) -> Result<(), String> {
    let host = host(url).unwrap_or_default();
    let port = match url
        .rsplit_once(':')
        .map(|(_, end)| end.split('/').next().unwrap_or_default().parse())
    {
        Some(Ok(port)) => port,
        _ if url.starts_with("https") => 443,
        _ => 80,
    };
    match TcpStream::connect((host, port)) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("nobody answers at {url}: {error}")),
    }
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn aws_url(region: Option<String>) -> Result<String, String> {
    let region = region.ok_or("--dynamodb=aws: set AWS_REGION, or give the URL of the endpoint")?;
    Ok(format!("https://dynamodb.{region}.amazonaws.com"))
}

/// The host of a URL of HTTP, without its port.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let authority = rest.split('/').next()?;
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_this_machine_is_told_from_one_elsewhere() {
        for url in ["http://127.0.0.1:8000", "http://localhost/", "https://[::1]:4566"] {
            assert!(!Server::parse(url).unwrap().is_remote(), "{url}");
        }
        for url in [
            "https://dynamodb.eu-west-1.amazonaws.com",
            "http://10.0.0.1:80/x",
            "http://localhost.example.org",
        ] {
            assert!(Server::parse(url).unwrap().is_remote(), "{url}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for place in ["", "locl", "127.0.0.1:8000", "http://", "ftp://127.0.0.1"] {
            assert!(Server::parse(place).is_err(), "{place}");
        }
    }

    #[test]
    fn the_service_is_found_by_its_region() {
        let url = aws_url(Some("eu-west-1".to_owned()));
        assert_eq!(url.unwrap(), "https://dynamodb.eu-west-1.amazonaws.com");
        assert!(aws_url(None).unwrap_err().contains("AWS_REGION"));
    }
}
