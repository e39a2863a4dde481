//! What `cargo xtask bench` was asked for.

/// The backends, in the order of the report.
pub(super) const BACKENDS: &[&str] = &["memory", "sqlite", "dynamodb"];

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Options {
    Check,
    Run { backends: Vec<&'static str>, quick: bool },
}

impl Options {
    pub(super) fn parse(args: &[String]) -> Result<Self, String> {
        if args == ["--check"] {
            return Ok(Self::Check);
        }
        let (mut named, mut quick) = (Vec::new(), false);
        for arg in args {
            match BACKENDS.iter().find(|backend| *backend == arg) {
                Some(backend) => named.push(*backend),
                None if arg == "--quick" => quick = true,
                None => {
                    let backends = BACKENDS.join(", ");
                    return Err(format!(
                        "cannot bench `{arg}`; there are {backends}, --quick, and --check by itself"
                    ));
                }
            }
        }
        let is_wanted = |backend: &&&str| named.is_empty() || named.contains(*backend);
        let backends = BACKENDS.iter().filter(is_wanted).copied().collect();
        Ok(Self::Run { backends, quick })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let args: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&args)
    }

    #[test]
    fn all_backends_unless_some_are_named() {
        let run = |backends: &[&'static str], quick| {
            let backends = backends.to_vec();
            Ok(Options::Run { backends, quick })
        };
        assert_eq!(parse(""), run(BACKENDS, false));
        assert_eq!(parse("sqlite memory --quick"), run(&["memory", "sqlite"], true));
        assert_eq!(parse("--check"), Ok(Options::Check));
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert!(parse("redis").unwrap_err().contains("redis"));
        assert!(parse("--check memory").unwrap_err().contains("--check"));
    }
}
