//! The command line.

use std::net::{IpAddr, Ipv4Addr};

pub const USAGE: &str = "\
Usage: kvs-dynamodb-emulator [OPTIONS]

Prints its address when it is ready, and ends when its stdin is closed.

  --host IP        the address to listen on [default: 127.0.0.1]
  --port N         the port to listen on [default: a free one]
  --db-path FILE   keep the data in FILE [default: in memory]
  --until-killed   leave stdin alone: for a container, which has none
  --help           print this text";

#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    Serve(Args),
    Help,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Args {
    pub host: IpAddr,
    pub port: Option<u16>,
    pub db_path: Option<String>,
    pub until_killed: bool,
}

pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Request, String> {
    let mut args = Args {
        host: Ipv4Addr::LOCALHOST.into(),
        port: None,
        db_path: None,
        until_killed: false,
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--host" => {
                let text = value()?;
                args.host = text.parse().map_err(|_| format!("--host: `{text}` is no IP address"))?;
            }
            "--port" => {
                let text = value()?;
                args.port = Some(text.parse().map_err(|_| format!("--port: `{text}` is no port"))?);
            }
            "--db-path" => args.db_path = Some(value()?),
            "--until-killed" => args.until_killed = true,
            "--help" => return Ok(Request::Help),
            _ => return Err(format!("no such option: `{word}`")),
        }
    }
    Ok(Request::Serve(args))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Request, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn without_options_it_listens_for_this_machine_alone() {
        let Ok(Request::Serve(args)) = parse_line("") else {
            panic!("no options are fine")
        };
        assert!(args.host.is_loopback());
        assert_eq!((args.port, args.db_path, args.until_killed), (None, None, false));
    }

    #[test]
    fn every_option_is_read() {
        let Ok(Request::Serve(args)) = parse_line("--host 0.0.0.0 --port 8000 --db-path x.db --until-killed") else {
            panic!("all of these exist")
        };
        assert!(args.host.is_unspecified() && args.until_killed);
        assert_eq!((args.port, args.db_path.as_deref()), (Some(8000), Some("x.db")));
    }

    #[test]
    fn a_mistake_is_named() {
        for (line, word) in [
            ("--prot 1", "--prot"),
            ("--port", "--port"),
            ("--port x", "`x`"),
            ("--host y", "`y`"),
        ] {
            let error = parse_line(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
