//! The progress bar: on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over the bytes of the file, or a spinner where its length is unknown. Where standard error is not a terminal,
/// nothing shows.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(length: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        let template = match length {
            Some(_) => "{wide_bar} {percent:>3} %  {bytes}/{total_bytes}  {eta}",
            None => "{spinner} {bytes}  {elapsed}",
        };
        // The templates are constants; were one wrong, the default style would do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So many bytes were read.
    pub(super) fn read_to(&self, bytes: u64) {
        self.0.set_position(bytes);
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
