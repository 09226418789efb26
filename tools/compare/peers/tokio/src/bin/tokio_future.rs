// Peer: the cases of `future` on Tokio's current-thread runtime; the channel across two threads
// with one such runtime each.
//
//   tokio_future CASE COUNT WORKERS REPETITIONS
//
// Runs the case once to warm up and then REPETITIONS times. Prints `value=NS_PER_ITEM work=SUM` of
// the median run; SUM is what the items of that run themselves computed.
use std::time::Instant;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, Mutex};
use tokio::task::JoinSet;

const CAPACITY: usize = 1024;
const BATCH: u64 = 32;
const MEMBERS: usize = 100_000;

struct Item {
    number: u64,
    _payload: [u64; 7],
}

fn item(number: u64) -> Item {
    Item { number, _payload: [0; 7] }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn mutex(count: u64) -> u64 {
    runtime().block_on(async {
        let guarded = Mutex::new(0u64);
        for _ in 0..count {
            *guarded.lock().await += 1;
        }
        let sum = *guarded.lock().await;
        sum
    })
}

// This Tokio has no batches: a batch is a loop.
fn mpsc_1thread(count: u64) -> u64 {
    runtime().block_on(async {
        let (sender, mut receiver) = mpsc::channel(CAPACITY);
        let mut sum = 0;
        for first in (0..count).step_by(BATCH as usize) {
            for number in first..first + BATCH {
                sender.send(item(number)).await.ok().unwrap();
            }
            for _ in 0..BATCH {
                sum += receiver.recv().await.unwrap().number;
            }
        }
        sum
    })
}

fn mpsc_2threads(count: u64) -> u64 {
    let (sender, mut receiver) = mpsc::channel(CAPACITY);
    let producer = std::thread::spawn(move || {
        runtime().block_on(async {
            for number in 0..count {
                sender.send(item(number)).await.ok().unwrap();
            }
        })
    });
    let sum = runtime().block_on(async {
        let mut sum = 0;
        while let Some(item) = receiver.recv().await {
            sum += item.number;
        }
        sum
    });
    producer.join().unwrap();
    sum
}

// One of 100 000 waiting tasks is woken, its answer taken, and another put in its place.
fn unordered_wake(count: u64) -> u64 {
    runtime().block_on(async {
        let mut set = JoinSet::new();
        let mut senders = Vec::with_capacity(MEMBERS);
        for _ in 0..MEMBERS {
            let (sender, receiver) = oneshot::channel::<u64>();
            set.spawn(async move { receiver.await.unwrap() });
            senders.push(Some(sender));
        }
        let mut sum = 0;
        let mut random: u64 = 1;
        for number in 0..count {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let slot = &mut senders[((random >> 33) % MEMBERS as u64) as usize];
            slot.take().unwrap().send(number).unwrap();
            sum += set.join_next().await.unwrap().unwrap();
            let (sender, receiver) = oneshot::channel::<u64>();
            set.spawn(async move { receiver.await.unwrap() });
            *slot = Some(sender);
        }
        for slot in senders {
            slot.unwrap().send(0).unwrap();
        }
        while set.join_next().await.is_some() {}
        sum
    })
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |i: usize| arguments[i].parse::<u64>().expect("a number");
    let (count, repetitions) = (number(2), number(4));
    let case = match arguments[1].as_str() {
        "mutex" => mutex,
        "mpsc_1thread" => mpsc_1thread,
        "mpsc_2threads" => mpsc_2threads,
        "unordered_wake" => unordered_wake,
        other => panic!("no case named {other}"),
    };
    case(count);
    let mut runs: Vec<(f64, u64)> = (0..repetitions)
        .map(|_| {
            let start = Instant::now();
            let sum = case(count);
            (start.elapsed().as_nanos() as f64 / count as f64, sum)
        })
        .collect();
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (value, sum) = runs[runs.len() / 2];
    println!("value={value:.2} work={sum}");
}
