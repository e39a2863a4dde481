//! Rounds side by side.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::{Bar, Contestant, Latencies, Limit, Percentiles, Plan, Role, Row, Sample, Spread, Unit};

/// What came out of a row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// What was compared.
    pub row: Row,
    /// The rounds that counted.
    pub rounds: usize,
    /// Everybody, in the order of the contestants.
    pub standings: Vec<Standing>,
    /// What became of each bar.
    pub verdicts: Vec<Verdict>,
}

/// How one contestant did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Standing {
    /// Who.
    pub name: String,
    /// What it is to us.
    pub role: Role,
    /// The cost in the unit of the row.
    pub cost: Spread,
    /// The cost in multiples of the base, round by round.
    pub ratio: Spread,
    /// Over all rounds, in nanoseconds.
    pub latency: Option<Percentiles>,
    /// The median of whatever else was counted.
    pub counts: BTreeMap<String, f64>,
}

/// What became of a bar.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Verdict {
    /// Which.
    pub bar: Bar,
    /// What was measured, in what the limit of the bar is in.
    pub measured: Spread,
    /// The peer that was the cheapest, if it is the measure.
    pub against: Option<String>,
    /// Whether the median is within the limit.
    pub reached: bool,
}

/// Runs the contestants round by round, each round in another order, and compares what they took.
pub fn compete(row: Row, contestants: &mut [Box<dyn Contestant + '_>], plan: &Plan) -> anyhow::Result<Outcome> {
    let names: Vec<_> = contestants.iter().map(|contestant| contestant.name()).collect();
    let base = position(&names, &row.base)?;
    let mut tallies: Vec<_> = names.iter().map(|_| Tally::default()).collect();
    for round in 0..plan.warmup + plan.rounds {
        for turn in 0..contestants.len() {
            let who = (turn + round) % contestants.len();
            let sample = contestants[who]
                .round(round)
                .with_context(|| format!("{} on {}", names[who], row.name))?;
            if round >= plan.warmup {
                tallies[who]
                    .add(&row.unit, sample)
                    .with_context(|| format!("{} on {}", names[who], row.name))?;
            }
        }
    }
    let field: Vec<_> = contestants
        .iter()
        .map(|contestant| contestant.role())
        .zip(tallies)
        .collect();
    let standings = names
        .iter()
        .zip(&field)
        .map(|(name, (role, tally))| tally.standing(name, *role, &field[base].1))
        .collect::<anyhow::Result<_>>()?;
    let verdicts = row
        .bars
        .iter()
        .map(|bar| judge(bar, &names, &field, base))
        .collect::<anyhow::Result<_>>()?;
    Ok(Outcome {
        row,
        rounds: plan.rounds,
        standings,
        verdicts,
    })
}

/// What a contestant took in the rounds that count.
#[derive(Debug, Default)]
struct Tally {
    costs: Vec<f64>,
    latencies: Option<Latencies>,
    counts: BTreeMap<String, Vec<f64>>,
}

impl Tally {
    fn add(&mut self, unit: &Unit, sample: Sample) -> anyhow::Result<()> {
        self.costs.push(cost(unit, &sample)?);
        match (&mut self.latencies, sample.latencies) {
            (Some(all), Some(new)) => all.merge(&new)?,
            (all, new) => *all = new.or(all.take()),
        }
        for (name, count) in sample.counts {
            self.counts.entry(name).or_default().push(count);
        }
        Ok(())
    }

    fn standing(&self, name: &str, role: Role, base: &Self) -> anyhow::Result<Standing> {
        let median = |counts: &Vec<f64>| Spread::of(counts.iter().copied()).map(|spread| spread.median);
        let counts = self
            .counts
            .iter()
            .filter_map(|(name, counts)| Some((name.clone(), median(counts)?)));
        Ok(Standing {
            name: name.to_owned(),
            role,
            cost: Spread::of(self.costs.iter().copied()).context("a row without rounds")?,
            ratio: self.ratio(base)?,
            latency: self.latencies.as_ref().and_then(Latencies::percentiles),
            counts: counts.collect(),
        })
    }

    /// Round by round, since what disturbs a round disturbs everybody in it.
    fn ratio(&self, base: &Self) -> anyhow::Result<Spread> {
        let ratios = self.costs.iter().zip(&base.costs).map(|(mine, base)| mine / base);
        Spread::of(ratios).context("a row without rounds")
    }

    fn median(&self) -> f64 {
        Spread::of(self.costs.iter().copied()).map_or(f64::INFINITY, |spread| spread.median)
    }
}

fn cost(unit: &Unit, sample: &Sample) -> anyhow::Result<f64> {
    match unit {
        Unit::Time => {
            ensure!(sample.operations > 0, "a round without operations");
            Ok(sample.nanos_each())
        }
        Unit::MedianLatency => {
            let percentiles = sample.latencies.as_ref().and_then(Latencies::percentiles);
            Ok(percentiles.context("a round that measured no latency")?.p50)
        }
        Unit::Count(name) => {
            let count = sample.counts.get(name);
            Ok(*count.with_context(|| format!("a round that did not count {name}"))?)
        }
    }
}

fn judge(bar: &Bar, names: &[String], field: &[(Role, Tally)], base: usize) -> anyhow::Result<Verdict> {
    let ours = &field[position(names, &bar.of)?].1;
    let (measured, limit, against) = match bar.limit {
        Limit::OfBase(limit) => (ours.ratio(&field[base].1)?, limit, None),
        Limit::OfBestPeer(limit) => {
            let peers = names.iter().zip(field).filter(|(_, (role, _))| *role == Role::Peer);
            let (name, (_, peer)) = peers
                .min_by(|(_, (_, a)), (_, (_, b))| a.median().total_cmp(&b.median()))
                .context("a bar against peers on a row that has none")?;
            (ours.ratio(peer)?, limit, Some(name.clone()))
        }
        Limit::Absolute(limit) => (
            Spread::of(ours.costs.iter().copied()).context("a row without rounds")?,
            limit,
            None,
        ),
    };
    Ok(Verdict {
        bar: bar.clone(),
        measured,
        against,
        reached: measured.median <= limit,
    })
}

fn position(names: &[String], name: &str) -> anyhow::Result<usize> {
    let found = names.iter().position(|other| other == name);
    found.with_context(|| format!("the row names {name}, which does not take part"))
}
