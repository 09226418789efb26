// Peer: an echo server on Tokio's current-thread runtime, its cheapest for one core.
//
//   tokio_echo    prints port=N
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Builder;

async fn echo(mut stream: TcpStream) {
    let mut buffer = [0u8; 4096];
    while let Ok(length) = stream.read(&mut buffer).await {
        if length == 0 || stream.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

async fn listen() -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind("127.0.0.1:0".parse().unwrap())?;
    let listener = socket.listen(4096)?;
    println!("port={}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(echo(stream));
    }
}

fn main() -> std::io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    // Spawned, so that the accepting task is scheduled like the others.
    runtime.block_on(async { tokio::spawn(listen()).await.unwrap() })
}
