//! One panel a row, one bar a contestant: its cost in multiples of the base, on a logarithmic scale.

use anyhow::Context;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{FAINT, INK, colour};
use crate::table::plain;
use crate::{Outcome, Role, Section, Standing};

const WIDTH: u32 = 880;
const LEFT: i32 = 210;
const RIGHT: i32 = 70;
const BAR: i32 = 18;
const HEAD: i32 = 56;
const PANEL_HEAD: i32 = 34;
const TEXT: i32 = 12;

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// The chart of one backend: these rows of it, one below the other.
pub fn bars(section: &Section, rows: &[&Outcome]) -> anyhow::Result<String> {
    let height = HEAD + rows.iter().map(|row| panel_height(row)).sum::<i32>();
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height as u32)).into_drawing_area();
        area.fill(&WHITE)?;
        head(&area, section)?;
        let mut top = HEAD;
        for row in rows {
            panel(&area, row, top).with_context(|| row.row.workload.clone())?;
            top += panel_height(row);
        }
        area.present()?;
    }
    Ok(svg)
}

fn panel_height(row: &Outcome) -> i32 {
    PANEL_HEAD + BAR * row.standings.len() as i32 + 14
}

fn head(area: &Area<'_>, section: &Section) -> anyhow::Result<()> {
    let title = format!(
        "{}: cost beside others (logarithmic; shorter is better)",
        section.backend
    );
    write(area, &title, (16, 20), 16, HPos::Left)?;
    let mut left = 16;
    for (role, label) in [
        (Role::Ours, "kvs"),
        (Role::Peer, "async stores by others"),
        (Role::Reference, "raw maps and drivers"),
    ] {
        area.draw(&Rectangle::new([(left, 34), (left + 10, 44)], colour(role).filled()))?;
        write(area, label, (left + 16, 39), TEXT, HPos::Left)?;
        left += 40 + 7 * label.len() as i32;
    }
    Ok(())
}

fn panel(area: &Area<'_>, outcome: &Outcome, top: i32) -> anyhow::Result<()> {
    let row = &outcome.row;
    let title = format!("{}: {} (× {})", row.name, row.workload, row.base);
    write(area, &title, (16, top + 16), 13, HPos::Left)?;
    let scale = Scale::of(&outcome.standings);
    let (first, last) = (
        top + PANEL_HEAD,
        top + PANEL_HEAD + BAR * outcome.standings.len() as i32,
    );
    let mut sorted: Vec<_> = outcome.standings.iter().collect();
    sorted.sort_by(|a, b| a.ratio.median.total_cmp(&b.ratio.median));
    let base = scale.place(1.0);
    area.draw(&PathElement::new([(base, first), (base, last)], FAINT.stroke_width(1)))?;
    for (place, standing) in sorted.into_iter().enumerate() {
        bar(area, standing, &scale, first + BAR * place as i32)?;
    }
    Ok(())
}

fn bar(area: &Area<'_>, standing: &Standing, scale: &Scale, top: i32) -> anyhow::Result<()> {
    let middle = top + BAR / 2;
    let end = scale.place(standing.ratio.median);
    write(area, &standing.name, (LEFT - 8, middle), TEXT, HPos::Right)?;
    let corners = [(LEFT, top + 3), (end, top + BAR - 3)];
    area.draw(&Rectangle::new(corners, colour(standing.role).filled()))?;
    let (low, high) = (scale.place(standing.ratio.low), scale.place(standing.ratio.high));
    area.draw(&PathElement::new([(low, middle), (high, middle)], INK.stroke_width(1)))?;
    let label = plain(standing.ratio.median);
    write(area, &label, (end.max(high) + 6, middle), TEXT, HPos::Left)
}

/// From ratios to pixels.
struct Scale {
    axis: RangedCoordf64,
}

impl Scale {
    /// From a little less than the least to the most; a bar of no length would look like nothing.
    fn of(standings: &[Standing]) -> Self {
        let logs = || {
            standings
                .iter()
                .map(|standing| standing.ratio.median.max(f64::MIN_POSITIVE).log10())
        };
        let (least, most) = (logs().fold(0.0, f64::min), logs().fold(0.0, f64::max));
        let axis = RangedCoordf64::from(least - 0.3..most.max(least + 0.3));
        Self { axis }
    }

    fn place(&self, ratio: f64) -> i32 {
        use plotters::coord::ranged1d::Ranged;
        let most = self.axis.range().end;
        let log = ratio.max(f64::MIN_POSITIVE).log10().min(most);
        self.axis.map(&log, (LEFT, WIDTH as i32 - RIGHT))
    }
}

fn write(area: &Area<'_>, text: &str, at: (i32, i32), height: i32, side: HPos) -> anyhow::Result<()> {
    let style = ("sans-serif", height)
        .into_font()
        .color(&INK)
        .pos(Pos::new(side, VPos::Center));
    Ok(area.draw(&Text::new(text.to_owned(), at, style))?)
}
