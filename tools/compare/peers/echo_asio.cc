// Peer: Boost.Asio's coroutines. Compiled twice: with Asio's default backend, epoll, and with its
// io_uring backend.
//
//   echo_asio_epoll | echo_asio_uring [BUFFER_BYTES [tcp|unix|udp]]    prints port=N
//
// A Unix server listens at /tmp/zokio-compare-N.sock.
#include <unistd.h>

#include <boost/asio.hpp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;
using asio::ip::udp;
using unix_stream = asio::local::stream_protocol;

#if defined(ZOKIO_EXPECT_URING) != defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT)
#error "Asio chose another backend than this program is named after"
#endif

size_t buffer_bytes = 4096;

void PrintPort(int port) {
  std::printf("port=%d\n", port);
  std::fflush(stdout);
}

template <typename Socket>
asio::awaitable<void> Echo(Socket socket) {
  std::vector<char> buffer(buffer_bytes);
  try {
    while (true) {
      const size_t n = co_await socket.async_read_some(asio::buffer(buffer), use_awaitable);
      co_await asio::async_write(socket, asio::buffer(buffer.data(), n), use_awaitable);
    }
  } catch (const std::exception&) {
    co_return;  // the other side closed
  }
}

asio::awaitable<void> ListenTcp() {
  auto executor = co_await asio::this_coro::executor;
  tcp::acceptor acceptor(executor, {asio::ip::address_v4::loopback(), 0});
  acceptor.listen(4096);
  PrintPort(acceptor.local_endpoint().port());
  while (true) {
    tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(executor, Echo(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> ListenUnix() {
  auto executor = co_await asio::this_coro::executor;
  const std::string path = "/tmp/zokio-compare-" + std::to_string(getpid()) + ".sock";
  unlink(path.c_str());
  unix_stream::acceptor acceptor(executor, unix_stream::endpoint(path));
  acceptor.listen(4096);
  PrintPort(getpid());
  while (true) {
    unix_stream::socket socket = co_await acceptor.async_accept(use_awaitable);
    asio::co_spawn(executor, Echo(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> EchoUdp() {
  auto executor = co_await asio::this_coro::executor;
  udp::socket socket(executor, {asio::ip::address_v4::loopback(), 0});
  PrintPort(socket.local_endpoint().port());
  std::vector<char> buffer(buffer_bytes);
  udp::endpoint from;
  while (true) {
    const size_t n = co_await socket.async_receive_from(asio::buffer(buffer), from, use_awaitable);
    co_await socket.async_send_to(asio::buffer(buffer.data(), n), from, use_awaitable);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) buffer_bytes = static_cast<size_t>(std::atoi(argv[1]));
  const std::string_view kind = argc > 2 ? argv[2] : "tcp";
  asio::io_context context(1);  // one thread: Asio leaves out its locks
  asio::co_spawn(context,
                 kind == "udp"    ? EchoUdp()
                 : kind == "unix" ? ListenUnix()
                                  : ListenTcp(),
                 asio::detached);
  context.run();
}
