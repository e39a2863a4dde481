//! The results as pictures, readable on a light page and on a dark one.

mod bars;
mod growth;

use plotters::style::RGBColor;

use crate::Role;

pub use bars::bars;
pub use growth::growth;

const INK: RGBColor = RGBColor(36, 41, 47);
const FAINT: RGBColor = RGBColor(208, 215, 222);

/// Told apart by people who do not see all colours, too.
fn colour(role: Role) -> RGBColor {
    match role {
        Role::Ours => RGBColor(0, 114, 178),
        Role::Peer => RGBColor(230, 159, 0),
        Role::Reference => RGBColor(140, 149, 159),
    }
}
