//! What stands after `cargo xtask test`.

use super::server::Server;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) run: Run,
    pub(super) server: Server,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Run {
    All,
    /// What the arguments for the test runner select.
    Filtered(Vec<String>),
    /// The suite in a container, and nothing else.
    Containers,
}

pub(super) fn parse(args: &[String]) -> Result<Options, String> {
    let (own, filter) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (&args[..at], &args[at + 1..]),
        None => (args, &[][..]),
    };
    let mut server = None;
    let mut containers = false;
    for arg in own {
        match arg.strip_prefix("--dynamodb=") {
            Some(place) => server = Some(Server::parse(place)?),
            None if arg == "--containers" => containers = true,
            None => {
                return Err(format!(
                    "no such option: `{arg}`; there are --dynamodb=local|aws|URL and --containers, and arguments for \
                     the test runner go after `--`"
                ));
            }
        }
    }
    let is_filtered = !filter.is_empty();
    if containers && (server.is_some() || is_filtered) {
        return Err("--containers runs one suite on one server, so it goes with nothing else".to_owned());
    }
    let server = server.unwrap_or(Server::Emulator);
    if is_filtered && server.is_remote() {
        return Err("a server elsewhere gets the whole suite: leave out what stands after `--`".to_owned());
    }
    let run = match (containers, is_filtered) {
        (true, _) => Run::Containers,
        (false, true) => Run::Filtered(filter.to_vec()),
        (false, false) => Run::All,
    };
    Ok(Options { run, server })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Options, String> {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn what_is_run_and_where_is_read() {
        let filtered = parse_line("--dynamodb=local -- expiry -E x").unwrap();
        assert_eq!(filtered.server, Server::Local);
        assert_eq!(
            filtered.run,
            Run::Filtered(vec!["expiry".into(), "-E".into(), "x".into()])
        );
        assert_eq!(parse_line("--dynamodb=local --").unwrap().run, Run::All);
        assert_eq!(parse_line("--containers").unwrap().run, Run::Containers);
    }

    #[test]
    fn a_mistake_is_an_error() {
        let lines = [
            "expiry",
            "--dynamodb",
            "--dynamodb=elsewhere",
            "--containers --dynamodb=local",
            "--containers -- expiry",
            "--dynamodb=https://dynamodb.example.org -- expiry",
        ];
        for line in lines {
            assert!(parse_line(line).is_err(), "{line}");
        }
    }
}
