// Peer: scheduler cases on Tokio's multi-thread runtime.
//
//   tokio_sched CASE COUNT WORKERS REPETITIONS
//
// Runs the case once to warm up and then REPETITIONS times. Prints `value=NS_PER_ITEM work=SUM` of
// the median run; SUM is what the tasks of that run themselves computed.
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

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |i: usize| arguments[i].parse::<u64>().expect("a number");
    let (count, workers, repetitions) = (number(2), number(3) as usize, number(4));
    let case = match arguments[1].as_str() {
        "spawn_outside" => spawn_outside,
        "spawn_inside" => spawn_inside,
        "yield" => yield_now,
        "ping_pong" => ping_pong,
        other => panic!("no case named {other}"),
    };
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(workers).enable_time().build().unwrap();
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
