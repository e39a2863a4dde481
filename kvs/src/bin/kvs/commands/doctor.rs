//! `doctor`: what is wrong with the store or its configuration, and how to mend it.

use kvs::{Finding, Level};
use serde_json::json;

use crate::failure::Failure;
use crate::run::{Run, config};
use crate::text::one_line;

pub(crate) async fn doctor(run: &mut Run) -> Result<(), Failure> {
    let checked = match config(run.global()) {
        Ok(mut config) => {
            if config.kind == "dynamodb" {
                // A namespace that was never written to is more often a mistake in its name.
                config.options.set("create", false);
            }
            kvs::check(config).await
        }
        Err(error) => Err(error),
    };
    // A mistake in the configuration is what a doctor is asked for.
    let findings = checked.unwrap_or_else(|error| vec![Finding::failed("configuration", &error)]);
    for finding in &findings {
        if run.out.json {
            run.out.json(&json!(finding))?;
        } else {
            run.out.line(&one_line(&finding.to_string()))?;
        }
    }
    if findings.iter().any(|finding| finding.level >= Level::Bad) {
        return Err(Failure::BadFinding);
    }
    Ok(())
}
