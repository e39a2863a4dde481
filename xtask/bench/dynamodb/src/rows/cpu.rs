//! Instructions an operation in the client, beside the bare call.

use bench_harness::{Contestant, Limit, Plan, Role, Row, Section, Unit, compete};

use crate::counted::{self, BARE, BARE_AS_IT_COMES, Counted, GET, LIST, OPEN_KEYV, OURS, SET};
use crate::server::Server;

/// The most that an operation of ours may cost, in multiples of the bare call.
const BAR: f64 = 1.05;

pub(crate) fn measure(section: &mut Section, plan: &Plan) -> anyhow::Result<()> {
    if !counted::is_there() {
        section
            .notes
            .push("No valgrind here: client CPU was not measured.".to_owned());
        return Ok(());
    }
    // Counts of instructions hardly vary, and take a second each.
    let plan = Plan {
        rounds: plan.pick(3, 1),
        warmup: 0,
        ..*plan
    };
    let field = [
        (OURS, Role::Ours),
        (BARE, Role::Reference),
        (BARE_AS_IT_COMES, Role::Reference),
        (OPEN_KEYV, Role::Peer),
    ];
    for operation in [GET, SET, LIST] {
        let server = Server::canned(0)?;
        let has_peer = operation != LIST;
        let field = field.iter().filter(|(_, role)| has_peer || *role != Role::Peer);
        let counted = field.map(|&(who, role)| {
            Box::new(Counted {
                who,
                role,
                operation,
                url: server.url(),
            }) as Box<dyn Contestant>
        });
        let row = Row::new("ddb_cpu", format!("{operation}, 900 B, canned answers"), BARE)
            .unit(Unit::Count("instructions".to_owned()))
            .bar(OURS, Limit::OfBase(BAR));
        let row = if has_peer {
            row.bar(OURS, Limit::OfBestPeer(1.0))
        } else {
            row
        };
        section
            .outcomes
            .push(compete(row, &mut counted.collect::<Vec<_>>(), &plan)?);
    }
    Ok(())
}
