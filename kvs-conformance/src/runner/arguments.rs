//! The arguments of `main` that the standard harness does not know.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::path::{self, Path, PathBuf};

use crate::report::Report;

/// What `--help` shows beside the options of the standard harness.
pub(crate) const HELP: &str = "\
OPTIONS OF kvs-conformance:
      --report FILE.md|FILE.json  Write the report to the file as well (may be repeated)
";

const OPTION: &str = "--report";

/// A file that a report goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    path: PathBuf,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Markdown,
    Json,
}

/// Takes the reports out of the arguments. The rest is for the standard harness.
pub(crate) fn split(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<(Vec<OsString>, Vec<Destination>), String> {
    let (mut rest, mut reports) = (Vec::new(), Vec::new());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let inline = argument.to_str().and_then(|text| text.strip_prefix("--report="));
        if argument == "--" {
            rest.push(argument);
            rest.extend(arguments);
            break;
        } else if argument == OPTION {
            let file = arguments.next().ok_or("--report needs a file: FILE.md or FILE.json")?;
            reports.push(Destination::new(&file)?);
        } else if let Some(file) = inline {
            reports.push(Destination::new(file.as_ref())?);
        } else {
            rest.push(argument);
        }
    }
    Ok((rest, reports))
}

impl Destination {
    fn new(file: &OsStr) -> Result<Self, String> {
        let path = PathBuf::from(file);
        let form = match path.extension().and_then(OsStr::to_str) {
            Some("md") => Form::Markdown,
            Some("json") => Form::Json,
            _ => {
                let file = path.display();
                return Err(format!("--report {file}: name a file that ends in .md or .json"));
            }
        };
        Ok(Self { path, form })
    }

    /// Fails if the file cannot be written, which is better known before the run than after it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_new = !self.path.exists();
        let opened = OpenOptions::new().append(true).create(true).open(&self.path);
        let removed = opened.and_then(|_| {
            if is_new {
                std::fs::remove_file(&self.path)
            } else {
                Ok(())
            }
        });
        removed.map_err(|error| self.refused(&error))
    }

    /// Writes the report. The file, as a whole path.
    pub(crate) fn write(&self, report: &Report) -> Result<PathBuf, String> {
        let text = match self.form {
            Form::Markdown => report.to_markdown(),
            Form::Json => format!("{:#}\n", report.to_json()),
        };
        std::fs::write(&self.path, text).map_err(|error| self.refused(&error))?;
        Ok(self.absolute())
    }

    fn refused(&self, error: &std::io::Error) -> String {
        format!("the report {} cannot be written: {error}", self.absolute().display())
    }

    fn absolute(&self) -> PathBuf {
        path::absolute(&self.path).unwrap_or_else(|_| Path::to_path_buf(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parsed = Result<(Vec<OsString>, Vec<Destination>), String>;

    fn parsed(arguments: &[&str]) -> Parsed {
        split(arguments.iter().map(OsString::from))
    }

    #[test]
    fn reports_are_taken_out_of_the_arguments() {
        let (rest, reports) = parsed(&["exe", "--report", "a.md", "ttl", "--report=b.json", "--exact"]).unwrap();
        assert_eq!(rest, ["exe", "ttl", "--exact"]);
        assert_eq!(reports[0].form, Form::Markdown);
        assert_eq!(reports[1].path, PathBuf::from("b.json"));
        let (rest, reports) = parsed(&["exe", "--", "--report", "a.md"]).unwrap();
        assert_eq!((rest.len(), reports.len()), (4, 0));
    }

    #[test]
    fn a_report_without_a_usable_file_is_refused() {
        for arguments in [
            &["exe", "--report"][..],
            &["exe", "--report", "a.txt"],
            &["exe", "--report="],
        ] {
            let error = parsed(arguments).unwrap_err();
            assert!(error.contains("--report") && error.contains(".json"), "{error}");
        }
    }
}
