// Peer: timer cases on Tokio's current-thread runtime. The deadlines are those of
// load/timer_run.h.
//
//   tokio_timers CASE COUNT WORKERS REPETITIONS     prints `value=NS_PER_TIMER work=TIMERS`
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

// A future that is ready at once with what its function says.
struct PollOnce<F>(F);

impl<T, F: FnMut(&mut Context<'_>) -> T + Unpin> Future for PollOnce<F> {
    type Output = T;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        Poll::Ready((self.0)(context))
    }
}

fn delay(fire: bool, i: u64) -> Duration {
    let mixed = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let second = 1_000_000;
    Duration::from_micros(if fire { 300_000 + mixed % 10_000 } else { second + mixed % (3599 * second) })
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let case = arguments[1].as_str();
    let count: u64 = arguments[2].parse().expect("a number");
    let repetitions: u64 = arguments[4].parse().expect("a number");
    let fire = case == "timers_fire";
    assert!(fire || case == "timers_insert" || case == "timers_cancel");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut runs: Vec<(f64, u64)> = Vec::new();
    for run in 0..=repetitions {
        let result = runtime.block_on(async {
            let mut sleeps: Vec<Pin<Box<Sleep>>> = Vec::with_capacity(count as usize);
            let mut start = Instant::now();
            let mut work = PollOnce(|context: &mut Context<'_>| {
                let mut set = 0;
                for i in 0..count {
                    let mut sleep = Box::pin(tokio::time::sleep(delay(fire, i)));
                    set += sleep.as_mut().poll(context).is_pending() as u64;
                    sleeps.push(sleep);
                }
                set
            })
            .await;
            if case == "timers_insert" {
                return (start.elapsed(), work);
            }
            if fire {
                std::thread::sleep(Duration::from_micros(320_000));
                start = Instant::now();
                work = 0;
                for mut sleep in sleeps.drain(..) {
                    // Without the cooperative budget: the runtime would be asked in between.
                    tokio::task::unconstrained(sleep.as_mut()).await;
                    work += 1;
                }
                return (start.elapsed(), work);
            }
            start = Instant::now();
            drop(std::mem::take(&mut sleeps));
            (start.elapsed(), work)
        });
        if run != 0 {
            runs.push((result.0.as_nanos() as f64 / count as f64, result.1));
        }
    }
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (value, work) = runs[runs.len() / 2];
    println!("value={value:.2} work={work}");
}
