//! The files that a report goes to, and what shows while it is in the making.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kvs::Error;
use kvs_conformance::{CaseResult, Report};

/// The form that the name of a file asks for: Markdown or JSON.
pub(crate) fn parse_file(file: &str) -> Result<PathBuf, Error> {
    let path = PathBuf::from(file);
    if is(&path, "md") || is(&path, "json") {
        return Ok(path);
    }
    Err(Error::invalid_argument("name a file that ends in .md or .json"))
}

/// Whether the file can be written is better known before the run, which may not come to write it.
pub(super) fn check(path: &Path) -> Result<(), Error> {
    let is_new = !path.exists();
    let opened = OpenOptions::new().append(true).create(true).open(path);
    let removed = opened.and_then(|_| if is_new { std::fs::remove_file(path) } else { Ok(()) });
    removed.map_err(|error| refused(path, error))
}

pub(super) fn write(path: &Path, report: &Report) -> Result<(), Error> {
    let text = if is(path, "json") {
        format!("{:#}\n", report.to_json())
    } else {
        report.to_markdown()
    };
    std::fs::write(path, text).map_err(|error| refused(path, error))
}

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn refused(path: &Path, error: std::io::Error) -> Error {
    let message = format!("the report {} cannot be written; check its directory", path.display());
    Error::config(message).with_source(error)
}

/// One line of progress. Where standard error is not a terminal, nothing shows.
#[derive(Clone)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(cases: usize) -> Self {
        let length = u64::try_from(cases).unwrap_or_default();
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        // The template is a constant; were it wrong, the default style would do.
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {elapsed}  {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn tell(&self, result: &CaseResult) {
        self.0.set_message(result.case().group());
        self.0.inc(1);
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
