//! What somebody may have meant: the nearest of the names that there are.

/// How many letters may be wrong.
const DISTANCE_MAX: usize = 2;
/// What is longer is no name of anything.
const LETTERS_MAX: usize = 64;

/// The nearest of these names, if one is near.
pub(crate) fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let near = names.into_iter().map(|other| (distance(name, other), other));
    // A short name is near to every other short name.
    let near = near.filter(|(far, other)| *far <= DISTANCE_MAX && *far < other.chars().count());
    near.min_by_key(|(far, _)| *far).map(|(_, other)| other)
}

/// How many letters must be changed, added or taken away. Two names of very different length are
/// far, and nothing more need be known.
fn distance(left: &str, right: &str) -> usize {
    let letters = |name: &str| -> Vec<char> { name.chars().take(LETTERS_MAX + 1).collect() };
    let (left, right) = (letters(left), letters(right));
    let is_long = left.len().max(right.len()) > LETTERS_MAX;
    if is_long || left.len().abs_diff(right.len()) > DISTANCE_MAX {
        return DISTANCE_MAX + 1;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (n, one) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = n + 1;
        for (m, other) in right.iter().enumerate() {
            let changed = diagonal + usize::from(one != other);
            diagonal = row[m + 1];
            row[m + 1] = changed.min(row[m] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_meant() {
        let names = ["ingest", "validate", "store"];
        assert_eq!(nearest("ingset", names), Some("ingest"));
        assert_eq!(nearest("valdate", names), Some("validate"));
        assert_eq!(nearest("report", names), None);
    }

    #[test]
    fn a_name_of_other_letters_is_not_near() {
        assert_eq!(nearest("a", ["b", "cd"]), None);
        assert_eq!(nearest("after", ["before"]), None);
    }

    #[test]
    fn long_names_are_not_compared_letter_by_letter() {
        assert_eq!(distance(&"x".repeat(1_000_000), "x"), 3);
        assert_eq!(distance(&"x".repeat(1_000_000), &"x".repeat(1_000_000)), 3);
        assert_eq!(distance(&"x".repeat(64), &"x".repeat(63)), 1);
    }
}
