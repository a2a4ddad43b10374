//! Bars: charts drawn as SVG, in rows of tables that say the same in numbers.

use askama::Template;

/// So many units across, whatever the width on the screen.
const WIDTH: usize = 1000;
/// What there is must be seen.
const LEAST: usize = 6;

/// A bar of segments, as long as their sum is of the longest bar's.
#[derive(Template)]
#[template(path = "html/bar.html")]
pub(super) struct Bar {
    segments: Vec<Segment>,
}

struct Segment {
    /// Chooses the colour.
    class: &'static str,
    at: usize,
    width: usize,
}

impl Bar {
    /// The counts from left to right, on a scale on which `most` is the whole width.
    pub(super) fn new(counts: &[(&'static str, usize)], most: usize) -> Bar {
        let mut at = 0;
        let some = counts.iter().filter(|(_, count)| *count > 0);
        let segments = some.map(|&(class, count)| {
            let width = (count.saturating_mul(WIDTH) / most.max(1)).max(LEAST);
            let segment = Segment { class, at, width };
            at += width;
            segment
        });
        Bar { segments: segments.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_follow_each_other_and_none_vanishes() {
        let bar = Bar::new(&[("open", 50), ("known", 0), ("waived", 1)], 1000);
        let drawn: Vec<_> = bar
            .segments
            .iter()
            .map(|s| (s.class, s.at, s.width))
            .collect();
        assert_eq!(drawn, [("open", 0, 50), ("waived", 50, 6)]);
        assert!(Bar::new(&[], 0).segments.is_empty());
    }
}
