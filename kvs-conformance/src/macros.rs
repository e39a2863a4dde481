//! Assertions that return a failure, and the list of a group.

/// Fails the case unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($rule:tt)+) => {
        if !$condition {
            return Err($crate::failed::Failed::from(format!($($rule)+)));
        }
    };
}

/// Fails the case unless what was seen equals what was expected.
macro_rules! ensure_eq {
    ($seen:expr, $expected:expr, $($rule:tt)+) => {
        match (&$seen, &$expected) {
            (seen, expected) => {
                if *seen != *expected {
                    return Err($crate::case::differs(&format_args!($($rule)+), expected, seen));
                }
            }
        }
    };
}

/// Fails the case unless the result is an error of that kind.
macro_rules! ensure_kind {
    ($result:expr, $kind:expr, $($rule:tt)+) => {
        $crate::case::expect_kind($result, $kind, &format_args!($($rule)+))?
    };
}

/// The cases of a group, as data.
///
/// A case is a private function that nothing but this list names, so that one which is not listed does not compile
/// without a warning; nor does a group that nobody runs.
macro_rules! cases {
    ($group:literal; $($rule:literal => $name:ident [$($need:ident),*];)+) => {
        pub(crate) const CASES: &[$crate::case::Case] = &[$(
            $crate::case::Case {
                group: $group,
                name: stringify!($name),
                rule: $rule,
                needs: &[$(need!($need)),*],
                run: |cx| Box::pin($name(cx)),
            },
        )+];
    };
}

macro_rules! need {
    (listable) => {
        $crate::need::Need::Listable
    };
    (documents) => {
        $crate::need::Need::Documents
    };
    (atomic) => {
        $crate::need::Need::Atomic
    };
    (manual_clock) => {
        $crate::need::Need::ManualClock
    };
    (wall_clock) => {
        $crate::need::Need::WallClock
    };
    (lasting) => {
        $crate::need::Need::Lasting
    };
    (evicting) => {
        $crate::need::Need::Evicting
    };
    (reopens) => {
        $crate::need::Need::Reopens
    };
    (linearizable) => {
        $crate::need::Need::Linearizable
    };
    (eventual) => {
        $crate::need::Need::Eventual
    };
}
