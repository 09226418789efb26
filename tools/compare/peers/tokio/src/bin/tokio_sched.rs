// Peer: scheduler cases on Tokio's multi-thread runtime.
//
//   tokio_sched CASE COUNT WORKERS REPETITIONS
//
// Runs the case once to warm up and then REPETITIONS times. Prints `value=NS_PER_ITEM work=SUM` of
// the median run; SUM is what the tasks of that run themselves computed.
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::sync::{mpsc, Arc};
use std::time::Instant;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

const YIELDING_TASKS: u64 = 200;

// Tasks spawned from another thread; each returns its number.
fn spawn_outside(runtime: &Runtime, count: u64) -> u64 {
    let handles: Vec<_> = (0..count).map(|i| runtime.spawn(async move { i })).collect();
    runtime.block_on(async {
        let mut sum = 0;
        for handle in handles {
            sum += handle.await.unwrap();
        }
        sum
    })
}

// The same from within a task.
fn spawn_inside(runtime: &Runtime, count: u64) -> u64 {
    let parent = runtime.spawn(async move {
        let handles: Vec<_> = (0..count).map(|i| tokio::spawn(async move { i })).collect();
        let mut sum = 0;
        for handle in handles {
            sum += handle.await.unwrap();
        }
        sum
    });
    runtime.block_on(parent).unwrap()
}

// 200 tasks that do nothing but let the others run.
fn yield_now(runtime: &Runtime, count: u64) -> u64 {
    let turns = count / YIELDING_TASKS;
    let handles: Vec<_> = (0..YIELDING_TASKS)
        .map(|_| {
            runtime.spawn(async move {
                let mut done = 0;
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                    done += 1;
                }
                done
            })
        })
        .collect();
    runtime.block_on(async {
        let mut sum = 0;
        for handle in handles {
            sum += handle.await.unwrap();
        }
        sum
    })
}

// Each message brings the way to answer it.
struct Message {
    number: u64,
    reply: oneshot::Sender<Message>,
}

async fn ping(mut pong: oneshot::Sender<Message>, count: u64) -> u64 {
    let mut sum = 0;
    for number in 0..count {
        let (reply, answer) = oneshot::channel();
        assert!(pong.send(Message { number, reply }).is_ok());
        let answer = answer.await.unwrap();
        sum += answer.number;
        pong = answer.reply;
    }
    sum
}

async fn pong(mut ping: oneshot::Receiver<Message>) {
    while let Ok(message) = ping.await {
        let (reply, next) = oneshot::channel();
        let number = message.number + 1;
        assert!(message.reply.send(Message { number, reply }).is_ok());
        ping = next;
    }
}

// Two tasks pass numbers to and fro.
fn ping_pong(runtime: &Runtime, count: u64) -> u64 {
    let (sender, receiver) = oneshot::channel();
    let pong = runtime.spawn(pong(receiver));
    let ping = runtime.spawn(ping(sender, count));
    runtime.block_on(async {
        let sum = ping.await.unwrap();
        pong.await.unwrap();
        sum
    })
}

// The programs of Tokio's own benchmark, rt_multi_threaded.
const SPAWNS: u64 = 10_000;
const PINGS: u64 = 1_000;
const CHAIN: u64 = 1_000;

// Counts down; the last one tells the thread that waits outside.
#[derive(Clone)]
struct Countdown {
    left: Arc<AtomicU64>,
    done: mpsc::SyncSender<()>,
}

impl Countdown {
    fn new(n: u64) -> (Countdown, mpsc::Receiver<()>) {
        let (done, receiver) = mpsc::sync_channel(1);
        (Countdown { left: Arc::new(AtomicU64::new(n)), done }, receiver)
    }
    fn down(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.done.send(()).unwrap();
        }
    }
}

fn spawn_many_local(runtime: &Runtime, count: u64) -> u64 {
    for _ in 0..count / SPAWNS {
        let (countdown, done) = Countdown::new(SPAWNS);
        runtime.spawn(async move {
            for _ in 0..SPAWNS {
                let countdown = countdown.clone();
                tokio::spawn(async move { countdown.down() });
            }
        });
        done.recv().unwrap();
    }
    count
}

fn spawn_many_remote(runtime: &Runtime, count: u64) -> u64 {
    for _ in 0..count / SPAWNS {
        let (countdown, done) = Countdown::new(SPAWNS);
        for _ in 0..SPAWNS {
            let countdown = countdown.clone();
            runtime.spawn(async move { countdown.down() });
        }
        done.recv().unwrap();
    }
    count
}

fn chain(countdown: Countdown, left: u64) {
    if left == 0 {
        countdown.down();
    } else {
        tokio::spawn(async move { chain(countdown, left - 1) });
    }
}

fn chained_spawn(runtime: &Runtime, count: u64) -> u64 {
    for _ in 0..count / CHAIN {
        let (countdown, done) = Countdown::new(1);
        runtime.spawn(async move { chain(countdown, CHAIN) });
        done.recv().unwrap();
    }
    count
}

fn yield_many(runtime: &Runtime, count: u64) -> u64 {
    let (countdown, done) = Countdown::new(YIELDING_TASKS);
    for _ in 0..YIELDING_TASKS {
        let countdown = countdown.clone();
        runtime.spawn(async move {
            for _ in 0..count / YIELDING_TASKS {
                tokio::task::yield_now().await;
            }
            countdown.down();
        });
    }
    done.recv().unwrap();
    count
}

fn many_ping_pongs(runtime: &Runtime, count: u64) -> u64 {
    for _ in 0..count / PINGS {
        let (countdown, done) = Countdown::new(PINGS);
        runtime.spawn(async move {
            for _ in 0..PINGS {
                let countdown = countdown.clone();
                tokio::spawn(async move {
                    let (ping, pinged) = oneshot::channel();
                    let (pong, ponged) = oneshot::channel();
                    tokio::spawn(async move {
                        pinged.await.unwrap();
                        pong.send(()).unwrap();
                    });
                    ping.send(()).unwrap();
                    ponged.await.unwrap();
                    countdown.down();
                });
            }
        });
        done.recv().unwrap();
    }
    count
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

// What one more task that waits costs.
fn task_bytes(runtime: &Runtime, count: u64) {
    let waiting = Arc::new(AtomicU64::new(0));
    let spawn = |n: u64| {
        let before = waiting.load(Acquire);
        for _ in 0..n {
            let waiting = waiting.clone();
            runtime.spawn(async move {
                waiting.fetch_add(1, AcqRel);
                std::future::pending::<()>().await;
            });
        }
        while waiting.load(Acquire) != before + n {
            std::thread::yield_now();
        }
    };
    spawn(count / 10);
    let before = resident_bytes();
    spawn(count);
    let bytes = resident_bytes() - before;
    println!("value={:.2} work={}", bytes as f64 / count as f64, waiting.load(Acquire) - count / 10);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |i: usize| arguments[i].parse::<u64>().expect("a number");
    let (count, workers, repetitions) = (number(2), number(3) as usize, number(4));
    let case: fn(&Runtime, u64) -> u64 = match arguments[1].as_str() {
        "spawn_outside" => spawn_outside,
        "spawn_inside" => spawn_inside,
        "yield" => yield_now,
        "ping_pong" => ping_pong,
        "tokio_spawn_many_local" => spawn_many_local,
        "tokio_spawn_many_remote" => spawn_many_remote,
        "tokio_chained_spawn" => chained_spawn,
        "tokio_yield_many" => yield_many,
        "tokio_ping_pong" => many_ping_pongs,
        "task_bytes" => yield_many, // has its own way of measuring
        other => panic!("no case named {other}"),
    };
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(workers).enable_time().build().unwrap();
    if arguments[1] == "task_bytes" {
        return task_bytes(&runtime, count);
    }
    case(&runtime, count);
    let mut runs: Vec<(f64, u64)> = (0..repetitions)
        .map(|_| {
            let start = Instant::now();
            let sum = case(&runtime, count);
            (start.elapsed().as_nanos() as f64 / count as f64, sum)
        })
        .collect();
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (value, sum) = runs[runs.len() / 2];
    println!("value={value:.2} work={sum}");
}
