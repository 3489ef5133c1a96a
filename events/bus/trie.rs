//! Who listens to what: a tree of tokens, in which one walk finds everyone that a message is for.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;

use super::subject::{Pattern, tokens};

/// Listeners by what they listen to. Ids are given by the caller, and no two are the same.
#[derive(Debug)]
pub struct Trie<T> {
    root: Node<T>,
    count: usize,
}

/// Everyone that a message is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matches<T> {
    /// Each of them gets it.
    pub plain: Vec<(u64, T)>,
    /// Of each group one member gets it.
    pub groups: Vec<(Bytes, Vec<(u64, T)>)>,
}

#[derive(Debug)]
struct Node<T> {
    #[expect(clippy::box_collection, reason = "most nodes lead nowhere, and there are many")]
    next: Option<Box<HashMap<Box<[u8]>, Self>>>,
    /// What goes on behind `*`.
    any: Option<Box<Self>>,
    /// Who listens to the subject that ends here.
    here: Option<Box<Listed<T>>>,
    /// Who listens to `>` from here on.
    rest: Option<Box<Listed<T>>>,
}

/// Who listens to one pattern, each list in the order of its ids. One client may make up groups
/// without number, so they are found by their names.
#[derive(Debug)]
struct Listed<T> {
    plain: Vec<(u64, T)>,
    groups: BTreeMap<Bytes, Vec<(u64, T)>>,
}

impl<T> Default for Matches<T> {
    fn default() -> Self {
        Self { plain: Vec::new(), groups: Vec::new() }
    }
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { plain: Vec::new(), groups: BTreeMap::new() }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { next: None, any: None, here: None, rest: None }
    }
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Self { root: Node::default(), count: 0 }
    }
}

impl<T: Clone> Trie<T> {
    /// How many listen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether nobody listens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a listener.
    pub fn insert(&mut self, pattern: &Pattern, group: Option<&Bytes>, id: u64, listener: T) {
        let mut node = &mut self.root;
        for token in tokens(pattern.as_bytes()) {
            node = match token {
                b">" => break,
                b"*" => node.any.get_or_insert_default(),
                token => node.next.get_or_insert_default().entry(token.into()).or_default(),
            };
        }
        let list = if is_open(pattern) { &mut node.rest } else { &mut node.here };
        list.get_or_insert_default().insert(group, id, listener);
        self.count += 1;
    }

    /// Removes a listener; says whether there was one.
    pub fn remove(&mut self, pattern: &Pattern, group: Option<&Bytes>, id: u64) -> bool {
        let path: Vec<&[u8]> = tokens(pattern.as_bytes()).collect();
        let removed = self.root.remove(&path, group, id);
        self.count -= usize::from(removed);
        removed
    }

    /// Does something with everyone who listens.
    pub fn for_each(&self, act: &mut impl FnMut(&T)) {
        self.root.for_each(act);
    }

    /// Everyone that a message to this name is for.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> Matches<T> {
        let mut found = Matches::default();
        self.root.collect(Some(name), &mut found);
        found
    }
}

/// Whether a pattern ends with `>`.
fn is_open(pattern: &Pattern) -> bool {
    let bytes = pattern.as_bytes();
    bytes == ">" || bytes.ends_with(b".>")
}

impl<T> Matches<T> {
    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plain.len() + self.groups.iter().map(|(_, members)| members.len()).sum::<usize>()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Clone> Matches<T> {
    fn extend(&mut self, other: &Listed<T>) {
        self.plain.extend_from_slice(&other.plain);
        if other.groups.is_empty() {
            return;
        }
        // Not compared each with each either.
        let places = self.groups.iter().enumerate().map(|(at, (name, _))| (name.clone(), at));
        let places: HashMap<Bytes, usize> = places.collect();
        for (group, members) in &other.groups {
            match places.get(group) {
                Some(at) => self.groups[*at].1.extend_from_slice(members),
                None => self.groups.push((group.clone(), members.clone())),
            }
        }
    }
}

impl<T> Listed<T> {
    fn insert(&mut self, group: Option<&Bytes>, id: u64, listener: T) {
        let list = match group {
            None => &mut self.plain,
            Some(group) => self.groups.entry(group.clone()).or_default(),
        };
        // Ids grow, but who has the lower one may come second.
        let at = list.partition_point(|(other, _)| *other < id);
        list.insert(at, (id, listener));
    }

    fn remove(&mut self, group: Option<&Bytes>, id: u64) -> bool {
        let Some(group) = group else { return take(&mut self.plain, id) };
        let Some(members) = self.groups.get_mut(group) else { return false };
        let removed = take(members, id);
        if members.is_empty() {
            self.groups.remove(group);
        }
        removed
    }

    fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.groups.is_empty()
    }
}

/// A list is in the order of its ids.
fn take<T>(list: &mut Vec<(u64, T)>, id: u64) -> bool {
    let found = list.binary_search_by_key(&id, |(id, _)| *id);
    if let Ok(found) = found {
        list.remove(found);
    }
    found.is_ok()
}

impl<T: Clone> Node<T> {
    fn for_each(&self, act: &mut impl FnMut(&T)) {
        for found in [&self.here, &self.rest].into_iter().flatten() {
            let members = found.groups.values().flatten();
            found.plain.iter().chain(members).for_each(|(_, listener)| act(listener));
        }
        let next = self.next.iter().flat_map(|next| next.values());
        next.chain(self.any.as_deref()).for_each(|node| node.for_each(act));
    }

    fn collect(&self, rest: Option<&[u8]>, found: &mut Matches<T>) {
        let Some(rest) = rest else {
            if let Some(here) = &self.here {
                found.extend(here);
            }
            return;
        };
        if let Some(all) = &self.rest {
            found.extend(all);
        }
        let (token, rest) = match rest.iter().position(|byte| *byte == b'.') {
            Some(dot) => (&rest[..dot], Some(&rest[dot + 1..])),
            None => (rest, None),
        };
        if let Some(node) = self.next.as_ref().and_then(|next| next.get(token)) {
            node.collect(rest, found);
        }
        if let Some(node) = &self.any {
            node.collect(rest, found);
        }
    }

    fn remove(&mut self, path: &[&[u8]], group: Option<&Bytes>, id: u64) -> bool {
        match path {
            [] => drop_from(&mut self.here, group, id),
            [b">"] => drop_from(&mut self.rest, group, id),
            [b"*", path @ ..] => {
                let Some(node) = &mut self.any else { return false };
                let removed = node.remove(path, group, id);
                if node.is_empty() {
                    self.any = None;
                }
                removed
            }
            [token, path @ ..] => {
                let Some(next) = &mut self.next else { return false };
                let Some(node) = next.get_mut(*token) else { return false };
                let removed = node.remove(path, group, id);
                if node.is_empty() {
                    next.remove(*token);
                }
                if next.is_empty() {
                    self.next = None;
                }
                removed
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.next.is_none() && self.any.is_none() && self.here.is_none() && self.rest.is_none()
    }
}

fn drop_from<T>(list: &mut Option<Box<Listed<T>>>, group: Option<&Bytes>, id: u64) -> bool {
    let Some(found) = list else { return false };
    let removed = found.remove(group, id);
    if found.is_empty() {
        *list = None;
    }
    removed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Who listens, in a list.
    type Model = Vec<(Pattern, Option<Bytes>, u64)>;

    fn matched(trie: &Trie<()>, name: &str) -> (Vec<u64>, Vec<(Bytes, Vec<u64>)>) {
        let found = trie.matches(name.as_bytes());
        let ids = |list: &[(u64, ())]| {
            let mut ids: Vec<u64> = list.iter().map(|(id, ())| *id).collect();
            ids.sort_unstable();
            ids
        };
        let mut groups: Vec<_> =
            found.groups.iter().map(|(name, list)| (name.clone(), ids(list))).collect();
        groups.sort_unstable();
        (ids(&found.plain), groups)
    }

    fn expected(model: &Model, name: &str) -> (Vec<u64>, Vec<(Bytes, Vec<u64>)>) {
        let (mut plain, mut groups) = (Vec::new(), Vec::<(Bytes, Vec<u64>)>::new());
        for (pattern, group, id) in model {
            if !pattern.matches(name.as_bytes()) {
                continue;
            }
            match group {
                None => plain.push(*id),
                Some(group) => match groups.iter_mut().find(|(name, _)| name == group) {
                    Some((_, ids)) => ids.push(*id),
                    None => groups.push((group.clone(), vec![*id])),
                },
            }
        }
        plain.sort_unstable();
        groups.iter_mut().for_each(|(_, ids)| ids.sort_unstable());
        groups.sort_unstable();
        (plain, groups)
    }

    fn pattern() -> impl Strategy<Value = Pattern> {
        let tokens = prop::collection::vec(prop_oneof!["[ab]", Just("*".to_owned())], 1..4);
        (tokens, any::<bool>()).prop_map(|(tokens, open)| {
            let end = if open { ".>" } else { "" };
            format!("{}{end}", tokens.join(".")).parse().expect("a pattern")
        })
    }

    fn listener() -> impl Strategy<Value = (Pattern, Option<Bytes>)> {
        let group = prop::option::of(prop_oneof![Just(Bytes::from("g")), Just(Bytes::from("h"))]);
        (prop_oneof![9 => pattern(), 1 => Just(">".parse().expect("a pattern"))], group)
    }

    proptest! {
        #[test]
        fn the_trie_finds_whom_a_list_finds(
            listeners in prop::collection::vec(listener(), 0..24),
            gone in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            names in prop::collection::vec("[abc](\\.[abc]){0,3}", 1..12),
            mixed in 0_u64..32,
        ) {
            let (mut trie, mut model) = (Trie::default(), Model::new());
            for (number, (pattern, group)) in (0..).zip(listeners) {
                // They come in another order than their ids.
                let id = number ^ mixed;
                trie.insert(&pattern, group.as_ref(), id, ());
                model.push((pattern, group, id));
            }
            for index in gone {
                if model.is_empty() {
                    break;
                }
                let (pattern, group, id) = model.remove(index.index(model.len()));
                prop_assert!(trie.remove(&pattern, group.as_ref(), id));
                prop_assert!(!trie.remove(&pattern, group.as_ref(), id));
            }
            prop_assert_eq!(trie.len(), model.len());
            let mut count = 0;
            trie.for_each(&mut |()| count += 1);
            prop_assert_eq!(count, model.len(), "each of them is there once");
            for name in &names {
                prop_assert_eq!(matched(&trie, name), expected(&model, name));
            }
            for (pattern, group, id) in model.drain(..) {
                prop_assert!(trie.remove(&pattern, group.as_ref(), id));
            }
            prop_assert!(trie.root.is_empty(), "what is removed leaves nothing behind");
        }
    }
}
