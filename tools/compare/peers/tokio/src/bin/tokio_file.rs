// Peer: random reads by Tokio's asynchronous files, whose work its blocking threads do.
//
//   tokio_file file_read_4k FILE BLOCKS DEPTH SECONDS    prints value=NS work=READS
use std::io::SeekFrom;
use std::time::{Duration, Instant};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::runtime::Builder;

const BLOCK: usize = 4096;

// Reads until the time is over; each block begins with its own number.
async fn read_blocks(path: String, blocks: u32, mut state: u64, end: Instant) -> u64 {
    let mut file = File::open(path).await.unwrap();
    let mut buffer = [0u8; BLOCK];
    let mut reads = 0;
    while Instant::now() < end {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let block = (state % u64::from(blocks)) as u32;
        file.seek(SeekFrom::Start(u64::from(block) * BLOCK as u64)).await.unwrap();
        file.read_exact(&mut buffer).await.unwrap();
        assert_eq!(u32::from_le_bytes(buffer[..4].try_into().unwrap()), block);
        reads += 1;
    }
    reads
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let blocks: u32 = arguments[3].parse().unwrap();
    let depth: u64 = arguments[4].parse().unwrap();
    let seconds: f64 = arguments[5].parse().unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let reads: u64 = runtime.block_on(async {
        let tasks: Vec<_> = (0..depth)
            .map(|i| tokio::spawn(read_blocks(arguments[2].clone(), blocks, i + 1, end)))
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    println!("value={:.1} work={}", start.elapsed().as_nanos() as f64 / reads as f64, reads);
}
