// Peer: Boost.Asio's coroutines. Compiled twice: with Asio's default backend, epoll, and with its
// io_uring backend.
//
//   echo_asio_epoll | echo_asio_uring    prints port=N
#include <boost/asio.hpp>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <utility>

namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

#if defined(ZOKIO_EXPECT_URING) != defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT)
#error "Asio chose another backend than this program is named after"
#endif

asio::awaitable<void> Echo(tcp::socket socket) {
  char buffer[4096];
  try {
    while (true) {
      const size_t n = co_await socket.async_read_some(asio::buffer(buffer), use_awaitable);
      co_await asio::async_write(socket, asio::buffer(buffer, n), use_awaitable);
    }
  } catch (const std::exception&) {
    co_return;  // the other side closed
  }
}

asio::awaitable<void> Listen() {
  auto executor = co_await asio::this_coro::executor;
  tcp::acceptor acceptor(executor, {asio::ip::address_v4::loopback(), 0});
  acceptor.listen(4096);
  std::printf("port=%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  while (true) {
    tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(executor, Echo(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main() {
  asio::io_context context(1);  // one thread: Asio leaves out its locks
  asio::co_spawn(context, Listen(), asio::detached);
  context.run();
}
