//! A suite that never fails anything proves nothing: each fault is found, by the case that is named after the rule.

mod broken;

use std::sync::Arc;

use broken::{Fault, Saboteur};
use kvs_conformance::{Subject, Verdict, lockstep, run};

/// Each fault and a case that must find it.
const FAULTS: &[(Fault, &str)] = &[
    (Fault::ExpiresATickLate, "ttl::expires_at_the_exact_millisecond"),
    (Fault::ExpiresATickEarly, "ttl::expires_at_the_exact_millisecond"),
    (
        Fault::ReadDeletesWhatExpired,
        "ttl::a_paused_operation_never_removes_a_fresh_entry",
    ),
    (Fault::KeepIsNever, "ttl::keep_keeps_the_expiry_to_the_millisecond"),
    (Fault::KeepIsNever, "ttl::update_keeps_the_expiry"),
    (Fault::EmptyValueIsAbsent, "values::the_empty_value_is_a_value"),
    (Fault::LongValueIsCut, "values::one_byte_over_the_limit_is_too_large"),
    (Fault::KeyEndsAtNul, "keys::nul_is_a_character"),
    (Fault::KeyIsLowerCased, "keys::case_is_kept"),
    (Fault::Panics, "basics::set_then_get_gives_the_value"),
    (Fault::BatchForgetsTtl, "ttl::a_batch_has_a_ttl_for_each_entry"),
    (Fault::BatchStopsAt25, "batch::more_than_twenty_five_sets_work"),
    (Fault::FirstDuplicateWins, "batch::the_last_duplicate_wins"),
    (
        Fault::BatchChecksAsItWrites,
        "batch::one_invalid_key_rejects_a_set_many",
    ),
    (Fault::GetManyMergesDuplicates, "batch::get_many_answers_duplicates"),
    (
        Fault::UnderscoreIsAWildcard,
        "listing::a_prefix_with_an_underscore_is_literal",
    ),
    (Fault::AfterIsInclusive, "listing::after_is_exclusive"),
    (
        Fault::AfterOutsideOfThePrefixIsIgnored,
        "listing::after_may_lie_outside_of_the_prefix",
    ),
    (Fault::OnePageOnly, "listing::pages_together_are_the_listing"),
    (Fault::ReverseIsIgnored, "listing::backwards_is_the_reverse"),
    (
        Fault::DeletePrefixStopsAfterAPage,
        "listing::delete_prefix_removes_thousands",
    ),
    (Fault::LimitBeforeFilter, "filters::the_limit_counts_matches"),
    (Fault::NeSkipsMissingFields, "filters::ne_finds_missing_fields"),
    (
        Fault::WholeFloatsBecomeIntegers,
        "documents::the_kind_of_a_number_stays",
    ),
    (
        Fault::ReplacingResetsCreatedAt,
        "metadata::a_replacement_keeps_its_birth",
    ),
    (
        Fault::ChecksAreIgnored,
        "transactions::check_absent_demands_no_live_entry",
    ),
    (
        Fault::TransactionIsAppliedInPart,
        "transactions::a_check_guards_another_key",
    ),
    (Fault::TouchRewritesNothing, "ttl::touch_replaces_the_expiry"),
];

/// Faults that random sequences find too.
const FOUND_BY_CHANCE: &[Fault] = &[
    Fault::ExpiresATickLate,
    Fault::ExpiresATickEarly,
    Fault::KeepIsNever,
    Fault::EmptyValueIsAbsent,
    Fault::KeyEndsAtNul,
    Fault::KeyIsLowerCased,
    Fault::BatchForgetsTtl,
    Fault::FirstDuplicateWins,
    Fault::GetManyMergesDuplicates,
    Fault::UnderscoreIsAWildcard,
    Fault::AfterIsInclusive,
    Fault::AfterOutsideOfThePrefixIsIgnored,
    Fault::OnePageOnly,
    Fault::ReverseIsIgnored,
    Fault::LimitBeforeFilter,
    Fault::NeSkipsMissingFields,
    Fault::WholeFloatsBecomeIntegers,
    Fault::ReplacingResetsCreatedAt,
    Fault::ChecksAreIgnored,
    Fault::TransactionIsAppliedInPart,
    Fault::TouchRewritesNothing,
];

/// Within as many sequences each of them is found.
const SEQUENCES: u32 = 150;

/// `None` if there is no such case.
fn verdict(fault: Fault, case: &str) -> Option<Verdict> {
    let subject: Arc<dyn Subject> = Arc::new(Saboteur(fault));
    run(&subject, case)
}

#[test]
fn each_fault_is_found() {
    for (fault, case) in FAULTS {
        assert!(
            matches!(verdict(*fault, case), Some(Verdict::Failed(_))),
            "{case} does not find {fault:?}"
        );
    }
}

#[test]
fn a_store_without_a_fault_passes_the_same_cases() {
    for (_, case) in FAULTS {
        assert_eq!(verdict(Fault::None, case), Some(Verdict::Passed), "{case}");
    }
}

#[test]
fn random_sequences_find_faults_and_shorten_them() {
    let sound: Arc<dyn Subject> = Arc::new(Saboteur(Fault::None));
    for fault in FOUND_BY_CHANCE {
        let subjects: Vec<Arc<dyn Subject>> = vec![Arc::clone(&sound), Arc::new(Saboteur(*fault))];
        let failed = lockstep(subjects, SEQUENCES).expect_err(&format!("{fault:?} is not found"));
        let steps = failed
            .message()
            .lines()
            .filter(|line| line.starts_with("  ") && line.contains(". "))
            .count();
        assert!((1..=8).contains(&steps), "{fault:?} takes {steps} steps: {failed}");
        assert!(failed.message().contains("KVS_CONFORMANCE_SEED="), "{failed}");
    }
    lockstep(vec![sound], SEQUENCES).unwrap();
}
