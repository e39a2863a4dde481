//! The reports that the README links are those of this suite: a page that was not written again is found here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use kvs_conformance::cases;

const REPORTS: [&str; 4] = ["memory", "sqlite", "dynamodb", "redb"];

fn page(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reports");
    fs::read_to_string(folder.join(format!("{name}.md"))).unwrap()
}

/// The numbers in a row of the table of groups: passed, failed, not applicable.
fn numbers(page: &str, group: &str) -> Option<Vec<usize>> {
    let row = page
        .lines()
        .find_map(|line| line.strip_prefix(&format!("| {group} | ")))?;
    let cells = row.trim_end_matches('|').split('|');
    cells.map(|cell| cell.trim().trim_matches('*').parse().ok()).collect()
}

#[test]
fn each_report_is_green_and_counts_every_case() {
    for name in REPORTS {
        let total = numbers(&page(name), "**total**").unwrap();
        let advice = "run `cargo xtask conformance --reports`";
        assert_eq!(total.iter().sum::<usize>(), cases().count(), "{name}: {advice}");
        assert_eq!(total[1], 0, "{name}: a case failed");
        assert!(total[0] >= 300, "{name}: only {} cases ran", total[0]);
    }
}

#[test]
fn each_report_counts_the_cases_of_each_group() {
    let mut groups: Vec<&str> = cases().map(kvs_conformance::Case::group).collect();
    groups.dedup();
    for name in REPORTS {
        let page = page(name);
        for group in &groups {
            let count = cases().filter(|case| case.group() == *group).count();
            let told = numbers(&page, &format!("`{group}`")).unwrap_or_default();
            assert_eq!(told.iter().sum::<usize>(), count, "{name}: {group}");
        }
    }
}
