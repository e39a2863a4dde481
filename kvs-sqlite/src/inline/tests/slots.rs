//! Which connection a thread reads with.

use std::ptr;

use super::*;

#[test]
fn a_thread_stays_with_its_connection_and_leaves_it_only_to_who_holds_it() {
    // A thread may run several tests, one after the other.
    LAST.set(0);
    let inline = Inline {
        slots: [Mutex::default(), Mutex::default()].into(),
        warmth: Warmth::cold(),
        sql: Sql::new(None),
        options: Mutex::default(),
    };
    let slot = |number: usize| ptr::from_ref(&*lock(&inline.slots[number]));
    let (first, second) = (slot(0), slot(1));
    let taken = || ptr::from_ref(&*inline.free_slot().unwrap());
    assert!(taken() == first && taken() == first);
    let held = lock(&inline.slots[0]);
    assert!(taken() == second);
    drop(held);
    assert!(taken() == second, "both threads would want the same one again");
    let mut turns = 0;
    while taken() == second {
        inline.end_turn(&mut inline.free_slot().unwrap());
        turns += 1;
    }
    assert_eq!(turns, TURNS_APART);
}
