//! Numbers as JSON has them, compared by what they are worth: a whole number is not rounded to be
//! compared with a fraction.

use std::cmp::Ordering;

/// A number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Whole(i128),
    Fraction(f64),
}

impl Number {
    pub(super) fn of(number: &serde_json::Number) -> Self {
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        whole.map_or_else(|| Self::Fraction(number.as_f64().unwrap_or(f64::MAX)), Self::Whole)
    }

    /// JSON has no numbers that do not compare.
    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => left.cmp(&right),
            (Self::Fraction(left), Self::Fraction(right)) => {
                left.partial_cmp(&right).unwrap_or(Ordering::Equal)
            }
            (Self::Whole(left), Self::Fraction(right)) => whole_to_fraction(left, right),
            (Self::Fraction(left), Self::Whole(right)) => whole_to_fraction(right, left).reverse(),
        }
    }
}

fn whole_to_fraction(whole: i128, fraction: f64) -> Ordering {
    // Whole numbers have 65 bits at most; what is larger than all of them has no place among them.
    if fraction >= 2_f64.powi(65) {
        return Ordering::Less;
    }
    if fraction <= -(2_f64.powi(65)) {
        return Ordering::Greater;
    }
    let below = fraction.floor();
    whole.cmp(&(below as i128)).then(if fraction > below {
        Ordering::Less
    } else {
        Ordering::Equal
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(left: &str, right: &str) -> Ordering {
        let of = |text| Number::of(&serde_json::from_str(text).expect("a number"));
        of(left).compare(of(right))
    }

    #[test]
    fn numbers_compare_by_what_they_are_worth() {
        assert_eq!(compare("1", "1.0"), Ordering::Equal);
        assert_eq!(compare("1e2", "100"), Ordering::Equal);
        assert_eq!(compare("-1", "-1.5"), Ordering::Greater);
        assert_eq!(compare("-2", "-1.5"), Ordering::Less);
        assert_eq!(compare("-0.0", "0"), Ordering::Equal);
    }

    #[test]
    fn large_whole_numbers_are_not_rounded() {
        assert_eq!(compare("9007199254740993", "9007199254740992.0"), Ordering::Greater);
        assert_eq!(compare("9007199254740992", "9007199254740993"), Ordering::Less);
        assert_eq!(compare("18446744073709551615", "18446744073709551616.0"), Ordering::Less);
        assert_eq!(compare("-9223372036854775808", "-9223372036854775808.0"), Ordering::Equal);
        assert_eq!(compare("1", "1e300"), Ordering::Less);
        assert_eq!(compare("1", "-1e300"), Ordering::Greater);
    }
}
