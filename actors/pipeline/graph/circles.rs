//! Ways that lead back to where they began, without descending: a graph may be as deep as it is long.

/// How many circles are told.
const CIRCLES_MAX: usize = 100;

/// Each way back once, beginning at the stage that stands first. Only stages that are left over are
/// looked at: the others can be done.
pub(super) fn circles(after: &[Vec<usize>], left: &[bool]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut is_done = vec![false; after.len()];
    let mut place_on_way: Vec<Option<usize>> = vec![None; after.len()];
    for begin in (0..after.len()).filter(|n| left[*n]) {
        if is_done[begin] {
            continue;
        }
        // The way that is gone, and at each stage of it which of its edges comes next.
        let mut way: Vec<(usize, usize)> = vec![(begin, 0)];
        place_on_way[begin] = Some(0);
        while let Some((stage, edge)) = way.last_mut() {
            let (here, next) = (*stage, after[*stage].get(*edge).copied());
            *edge += 1;
            match next {
                None => {
                    way.pop();
                    place_on_way[here] = None;
                    is_done[here] = true;
                }
                Some(next) if !left[next] || is_done[next] => {}
                Some(next) => match place_on_way[next] {
                    Some(from) if found.len() < CIRCLES_MAX => {
                        found.push(turned(way[from..].iter().map(|(stage, _)| *stage).collect()));
                    }
                    Some(_) => {}
                    None => {
                        place_on_way[next] = Some(way.len());
                        way.push((next, 0));
                    }
                },
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The same circle from the stage that stands first.
fn turned(mut circle: Vec<usize>) -> Vec<usize> {
    let first = (0..circle.len()).min_by_key(|n| circle[*n]).unwrap_or(0);
    circle.rotate_left(first);
    circle
}

/// What is left over and has nothing of a circle behind it: it waits for one, and is in none.
pub(super) fn behind(after: &[Vec<usize>], behind: &[Vec<usize>], left: &[bool]) -> Vec<usize> {
    let mut waited_for: Vec<usize> =
        behind.iter().map(|all| all.iter().filter(|n| left[**n]).count()).collect();
    let mut ends: Vec<usize> =
        (0..after.len()).filter(|n| left[*n] && waited_for[*n] == 0).collect();
    let mut found = Vec::new();
    while let Some(stage) = ends.pop() {
        found.push(stage);
        for before in after[stage].iter().filter(|n| left[**n]) {
            waited_for[*before] -= 1;
            if waited_for[*before] == 0 {
                ends.push(*before);
            }
        }
    }
    found.sort_unstable();
    found
}
