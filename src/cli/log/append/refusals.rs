//! What was refused during one run: one reason in full, the rest by their lines.

use crate::cli::problem::Problem;

/// How many lines are named.
const NAMED_MAX: usize = 20;

/// What was refused.
#[derive(Default)]
pub(super) struct Refusals {
    first: Option<Problem>,
    others: Vec<u64>,
    unnamed: u64,
}

impl Refusals {
    /// Adds one; of two lines, the earlier one becomes the first.
    pub(super) fn add(&mut self, problem: Problem) {
        let Some(first) = &mut self.first else {
            self.first = Some(problem);
            return;
        };
        let earlier = matches!((&*first, &problem), (
            Problem::Line { line: first, .. },
            Problem::Line { line, .. },
        ) if line < first);
        let other = if earlier { std::mem::replace(first, problem) } else { problem };
        match other {
            Problem::Line { line, .. } if self.others.len() < NAMED_MAX => self.others.push(line),
            _ => self.unnamed += 1,
        }
    }

    /// The first one, and the others in words.
    pub(super) fn into_parts(mut self) -> (Option<Problem>, Option<String>) {
        self.others.sort_unstable();
        let lines: Vec<String> = self.others.iter().map(ToString::to_string).collect();
        let others = match (lines.is_empty(), self.unnamed) {
            (true, 0) => None,
            (true, more) => Some(format!("{more} more facts were refused")),
            (false, 0) => Some(format!("refused as well: line {}", lines.join(", "))),
            (false, more) => {
                Some(format!("refused as well: line {}, and {more} more", lines.join(", ")))
            }
        };
        (self.first, others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::NotAFact;

    fn told(lines: impl IntoIterator<Item = u64>) -> (Option<String>, Option<String>) {
        let mut refusals = Refusals::default();
        for line in lines {
            refusals.add(Problem::Line { line, refused: NotAFact::WithoutId.into() });
        }
        let (first, others) = refusals.into_parts();
        (first.map(|problem| problem.to_string()), others)
    }

    #[test]
    fn the_earliest_line_is_told_in_full_and_the_others_are_named() {
        let (first, others) = told([9, 3, 7]);
        assert_eq!(first.as_deref(), Some("line 3: the fact has no `id`"));
        assert_eq!(others.as_deref(), Some("refused as well: line 7, 9"));
        assert_eq!(told([]), (None, None));
    }

    #[test]
    fn a_thousand_refusals_are_not_a_thousand_lines() {
        let (_, others) = told(1..=1000);
        assert!(others.expect("there are others").ends_with("20, 21, and 979 more"));
    }

    #[test]
    fn what_is_wrong_with_the_log_is_not_hidden_by_a_line() {
        let mut refusals = Refusals::default();
        refusals.add(Problem::StoreUnnamed);
        refusals.add(Problem::Line { line: 1, refused: NotAFact::WithoutId.into() });
        assert!(matches!(refusals.into_parts().0, Some(Problem::StoreUnnamed)));
    }
}
