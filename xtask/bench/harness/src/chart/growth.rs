//! Costs by the size of the store, both axes logarithmic.

use std::ops::Range;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::{FAINT, INK};
use crate::table::nanoseconds;
use crate::{Curve, Section};

const SIZE: (u32, u32) = (880, 560);
/// Told apart by people who do not see all colours, too.
const STORES: [RGBColor; 4] = [
    RGBColor(0, 114, 178),
    RGBColor(200, 125, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Plot<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// All curves in nanoseconds: a colour a store, a marker an operation; nothing if there are none.
pub fn growth(sections: &[Section]) -> anyhow::Result<Option<String>> {
    let all = sections.iter().flat_map(|section| &section.curves);
    let curves: Vec<_> = all
        .filter(|curve| curve.unit == "ns" && !curve.points.is_empty())
        .collect();
    if curves.is_empty() {
        return Ok(None);
    }
    let points = || curves.iter().flat_map(|curve| places(curve));
    let stores = names(&curves, |curve| &curve.store);
    let operations = names(&curves, |curve| &curve.operation);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut plot = frame(
            &area,
            range(points().map(|at| at.0), 0.0),
            range(points().map(|at| at.1), 0.3),
        )?;
        for of_one in &curves {
            let colour = STORES[position(&stores, &of_one.store) % STORES.len()];
            curve(
                &area,
                &mut plot,
                of_one,
                position(&operations, &of_one.operation),
                colour,
            )?;
        }
        area.present()?;
    }
    Ok(Some(svg))
}

/// Both axes hold logarithms to the base of ten.
fn frame<'a, 'b>(area: &'a Area<'b>, entries: Range<f64>, nanos: Range<f64>) -> anyhow::Result<Plot<'a, 'b>> {
    let mut plot = ChartBuilder::on(area)
        .caption(
            "The cost of an operation by the size of the store",
            ("sans-serif", 16, &INK),
        )
        .margin(16)
        .margin_right(190)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d(entries.clone(), nanos.clone())?;
    plot.configure_mesh()
        .x_desc("entries")
        .x_labels((entries.end - entries.start) as usize + 1)
        .y_labels((nanos.end - nanos.start) as usize + 1)
        .label_style(("sans-serif", 12, &INK))
        .axis_desc_style(("sans-serif", 12, &INK))
        .bold_line_style(FAINT)
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|log| format!("{:.0}", 10_f64.powf(*log)))
        .y_label_formatter(&|log| nanoseconds(10_f64.powf(*log)))
        .draw()?;
    Ok(plot)
}

fn curve<'b>(
    area: &Area<'b>,
    plot: &mut Plot<'_, 'b>,
    curve: &Curve,
    shape: usize,
    colour: RGBColor,
) -> anyhow::Result<()> {
    let points = places(curve);
    plot.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?;
    plot.draw_series(points.iter().map(|point| marker(*point, shape, colour)))?;
    if let Some(end) = points.last() {
        let (x, y) = plot.backend_coord(end);
        let style = ("sans-serif", 12).into_font().color(&colour);
        area.draw(&Text::new(
            format!("{}: {}", curve.store, curve.operation),
            (x + 10, y - 6),
            style,
        ))?;
    }
    Ok(())
}

fn marker<'b>(at: (f64, f64), shape: usize, colour: RGBColor) -> DynElement<'static, SVGBackend<'b>, (f64, f64)> {
    match shape {
        0 => Circle::new(at, 4, colour.filled()).into_dyn(),
        1 => TriangleMarker::new(at, 5, colour.filled()).into_dyn(),
        2 => Cross::new(at, 4, colour.stroke_width(2)).into_dyn(),
        _ => Circle::new(at, 4, colour.stroke_width(2)).into_dyn(),
    }
}

fn places(curve: &Curve) -> Vec<(f64, f64)> {
    let place = |point: &crate::Point| ((point.entries as f64).log10(), point.cost.median.max(1.0).log10());
    curve.points.iter().map(place).collect()
}

/// From the least to the most, and a margin on both sides.
fn range(logs: impl Iterator<Item = f64> + Clone, margin: f64) -> Range<f64> {
    let (least, most) = (logs.clone().fold(f64::INFINITY, f64::min), logs.fold(0.0, f64::max));
    least - margin..most.max(least + 0.1) + margin
}

/// Each name once, in the order in which they come.
fn names<'a>(curves: &[&'a Curve], name: impl Fn(&'a Curve) -> &'a str) -> Vec<&'a str> {
    let mut names = Vec::new();
    for curve in curves {
        if !names.contains(&name(curve)) {
            names.push(name(curve));
        }
    }
    names
}

fn position(names: &[&str], name: &str) -> usize {
    names.iter().position(|other| *other == name).unwrap_or(0)
}
