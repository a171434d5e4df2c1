// trees FILE: the words of a text in a BTreeMap and a HashMap with a fixed hash, vectors
// that grow, boxed trees; and the same text counted by threads that hand their counts on.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::{env, fs, thread};

type Counts<'a> = HashMap<&'a str, usize, BuildHasherDefault<DefaultHasher>>;

struct Node {
    key: u64,
    left: Option<Box<Node>>,
    right: Option<Box<Node>>,
}

fn insert(place: &mut Option<Box<Node>>, key: u64) {
    match place {
        None => *place = Some(Box::new(Node { key, left: None, right: None })),
        Some(node) if key < node.key => insert(&mut node.left, key),
        Some(node) => insert(&mut node.right, key),
    }
}

fn depth(place: &Option<Box<Node>>) -> usize {
    place.as_ref().map_or(0, |node| 1 + depth(&node.left).max(depth(&node.right)))
}

fn count(text: &str) -> Counts<'_> {
    let mut counts = Counts::default();
    for word in text.split_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}

fn count_in_threads(text: &str, n_threads: usize) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let part = lines.len() / n_threads + 1;
    thread::scope(|scope| {
        let workers: Vec<_> = lines
            .chunks(part)
            .map(|lines| scope.spawn(move || lines.iter().map(|line| count(line).len()).sum::<usize>()))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    })
}

fn main() {
    let path = env::args().nth(1).expect("usage: trees FILE [THREADS]");
    let n_threads = env::args().nth(2).map_or(0, |number| number.parse().unwrap());
    let text = fs::read_to_string(path).unwrap();
    if n_threads > 0 {
        println!("{}", count_in_threads(&text, n_threads));
        return;
    }
    let counts = count(&text);
    let by_count: BTreeMap<(usize, &str), ()> = counts.iter().map(|(word, n)| ((*n, *word), ())).collect();
    let mut tree = None;
    let mut key: u64 = 1;
    for _ in 0..50_000 {
        key = key * 48271 % 2_147_483_647;
        insert(&mut tree, key);
    }
    println!("{} {:?} {}", counts.len(), by_count.keys().next_back(), depth(&tree));
}
