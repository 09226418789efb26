// Ours: echo servers of other sockets than TCP, as a user would write them.
//
//   echo_cases unix|udp    prints port=N; a Unix server listens at /tmp/zokio-compare-N.sock
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "future/task_scope.h"
#include "io/udp_socket.h"
#include "io/unix_socket.h"
#include "runtime/runtime.h"

namespace {

void PrintPort(int port) {
  std::printf("port=%d\n", port);
  std::fflush(stdout);
}

zokio::Task<> Serve(zokio::UnixStream stream) {
  while (true) {
    auto chunk = co_await stream.Read();
    if (!chunk.ok() || chunk->empty()) co_return;
    if (!(co_await stream.WriteAll(*std::move(chunk))).ok()) co_return;
  }
}

zokio::Task<> ServeUnix() {
  const std::string path = "/tmp/zokio-compare-" + std::to_string(getpid()) + ".sock";
  unlink(path.c_str());
  const auto address = zokio::UnixAddress::Path(path);
  auto listener = co_await zokio::UnixListener::Bind(*address);
  ZOKIO_CHECK(listener.ok(), "bind");
  PrintPort(getpid());
  co_await zokio::WithScope([&](zokio::TaskScope& scope) -> zokio::Task<> {
    while (true) {
      auto stream = co_await listener->Accept();
      if (!stream.ok()) co_return;
      scope.Spawn(Serve(*std::move(stream)));
    }
  });
}

zokio::Task<> ServeUdp() {
  auto socket = co_await zokio::UdpSocket::Bind("127.0.0.1:0");
  ZOKIO_CHECK(socket.ok(), "bind");
  PrintPort(socket->local_address()->port());
  while (true) {
    auto datagram = co_await socket->Receive();
    if (!datagram.ok()) co_return;
    const auto sent = co_await socket->SendTo(std::move(datagram->bytes), datagram->from);
    ZOKIO_CHECK(sent.ok(), "send");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "";
  if (kind != "unix" && kind != "udp") {
    std::fputs("usage: echo_cases unix|udp\n", stderr);
    return 2;
  }
  zokio::Runtime runtime;
  runtime.BlockOn(kind == "unix" ? ServeUnix() : ServeUdp());
}
