//! How the tour is printed: headings, calls, answers, notes.

use std::fmt::Debug;

use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

/// Runs statements and prints their source.
macro_rules! code {
    ($show:expr, $statement:stmt) => {
        $show.call(stringify!($statement))?;
        $statement
    };
}

/// Runs an expression, and prints its source and what it gave. Its value is that of the expression.
macro_rules! call {
    ($show:expr, $call:expr) => {{
        $show.call(stringify!($call))?;
        let given = $call;
        $show.given(&given)?;
        given
    }};
}

/// Prints the tour for people, or as a line of JSON for each thing said.
pub(super) struct Show<'a> {
    out: &'a mut Output,
    /// How a command on this store begins, if another process can open it.
    command: Option<String>,
    step: usize,
}

impl<'a> Show<'a> {
    pub(super) fn new(out: &'a mut Output, command: Option<String>) -> Self {
        Self { out, command, step: 0 }
    }

    pub(super) fn title(&mut self, text: &str) -> Result<(), Failure> {
        self.say("title", text, &format!("{text}\n"))
    }

    /// A new step.
    pub(super) fn step(&mut self, text: &str) -> Result<(), Failure> {
        self.step += 1;
        let shown = format!("\n{}. {text}", self.step);
        self.say("step", text, &shown)
    }

    pub(super) fn heading(&mut self, text: &str) -> Result<(), Failure> {
        self.say("heading", text, &format!("\n{text}"))
    }

    /// What happens between two calls, or why.
    pub(super) fn note(&mut self, text: &str) -> Result<(), Failure> {
        self.say("note", text, &indented(text, "   "))
    }

    /// The same on the command line, but for a store that only this process has.
    pub(super) fn shell(&mut self, rest: &str) -> Result<(), Failure> {
        let Some(command) = self.command.clone() else {
            return Ok(());
        };
        self.say(
            "shell",
            &format!("{command} {rest}"),
            &format!("   $ {command} \\\n       {rest}"),
        )
    }

    /// The source of a call.
    pub(super) fn call(&mut self, source: &str) -> Result<(), Failure> {
        // The compiler breaks long lines; one that is too wide is the lesser evil.
        let source = source
            .trim_end_matches(';')
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        self.say("call", &source, &format!("   > {source}"))
    }

    /// What a call gave; nothing where it gave `()`.
    pub(super) fn given(&mut self, given: &dyn Debug) -> Result<(), Failure> {
        match format!("{given:?}").as_str() {
            "()" => Ok(()),
            given => self.answer(given),
        }
    }

    /// What came of a call, in other words.
    pub(super) fn answer(&mut self, text: &str) -> Result<(), Failure> {
        self.say("answer", text, &indented(text, "     "))
    }

    /// Calls and what they mean, in two columns.
    pub(super) fn table(&mut self, rows: &[(&str, &str)]) -> Result<(), Failure> {
        let width = rows.iter().map(|(call, _)| call.len()).max().unwrap_or(0);
        rows.iter().try_for_each(|(call, meaning)| {
            self.say(
                "note",
                &format!("{call}  {meaning}"),
                &format!("   {call:width$}  {meaning}"),
            )
        })
    }

    fn say(&mut self, what: &str, text: &str, shown: &str) -> Result<(), Failure> {
        if self.out.json {
            self.out.json(&json!({ what: text }))
        } else {
            self.out.line(shown)
        }
    }
}

fn indented(text: &str, indent: &str) -> String {
    format!("{indent}{}", text.replace('\n', &format!("\n{indent}")))
}
