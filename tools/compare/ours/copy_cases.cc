// Ours: how often each byte is copied that an echo server gives back.
//
//   copy_cases lease MIB      our way: what was received is what is sent
//   copy_cases buffers MIB    a read-into-buffer design, on plain calls: an input buffer, a message
//                             of its own taken out of it, an output buffer that is flushed
//
// Prints `value=COPIES work=BYTES`. Copies are counted, not assumed: what the kernel received into
// and sent from memory by the results of its calls (ours: the loop's statistics, where bytes that
// were spliced are none), and what was moved in memory by the functions that do it. The client's
// own are not counted; each byte that comes back is verified.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "future/local_executor.h"
#include "future/spawn.h"
#include "io/create_loop.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"

namespace {

constexpr size_t kMessage = 4096;

uint8_t ByteAt(uint64_t place) { return static_cast<uint8_t>((place * 0x9E3779B97F4A7C15u) >> 56); }

// Sends messages and verifies what comes back; does not block.
class Client {
 public:
  explicit Client(uint16_t port) : handle_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    ZOKIO_CHECK(connect(handle_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0,
                "connect");
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(handle_); }

  uint64_t verified() const { return verified_; }

  void SendOne() {
    uint8_t message[kMessage];
    for (uint8_t& byte : message) byte = ByteAt(sent_++);
    ZOKIO_CHECK(send(handle_, message, kMessage, 0) == static_cast<ssize_t>(kMessage), "send");
  }
  // True when all that was sent is back.
  bool Receive() {
    uint8_t buffer[kMessage];
    ssize_t count;
    while ((count = recv(handle_, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
      for (ssize_t i = 0; i < count; ++i) {
        ZOKIO_CHECK(buffer[i] == ByteAt(verified_++), "another byte came back");
      }
    }
    return verified_ == sent_;
  }

 private:
  const int handle_;
  uint64_t sent_ = 0;
  uint64_t verified_ = 0;
};

void Print(uint64_t copied, const Client& client) {
  const auto echoed = static_cast<double>(client.verified());
  std::printf("value=%.4f work=%llu\n", static_cast<double>(copied) / echoed,
              static_cast<unsigned long long>(client.verified()));
}

zokio::Task<> Echo(zokio::TcpListener* listener) {
  auto stream = co_await listener->Accept();
  while (true) {
    auto chunk = co_await stream->Read();
    if (!chunk.ok() || chunk->empty()) co_return;
    if (!(co_await stream->WriteAll(*std::move(chunk))).ok()) co_return;
  }
}

zokio::Task<> Listen(zokio::TcpListener* listener) {
  auto bound = co_await zokio::TcpListener::Bind("127.0.0.1:0");
  ZOKIO_CHECK(bound.ok(), "bind");
  *listener = *std::move(bound);
}

void MeasureLeases(uint64_t bytes) {
  auto made = zokio::io::CreateLoop(zokio::io::LoopOptions());
  ZOKIO_CHECK(made.ok(), "no loop");
  zokio::io::Loop& loop = **made;
  loop.Attach();
  {
    zokio::TcpListener listener;
    zokio::LocalExecutor executor;
    zokio::Spawn(executor, Listen(&listener)).Detach();
    while (!listener.open()) executor.RunUntilIdle();
    zokio::Spawn(executor, Echo(&listener)).Detach();
    Client client(listener.local_address()->port());
    while (client.verified() < bytes) {
      client.SendOne();
      while (!client.Receive()) {
        executor.RunUntilIdle();
        loop.Poll();
      }
    }
    const zokio::io::LoopStats stats = loop.stats();
    Print(stats.bytes_read + stats.bytes_written - stats.bytes_spliced + stats.bytes_copied,
          client);
  }
  loop.Detach();
}

// The server of the other design, whose every copy is counted where it is made.
class BufferServer {
 public:
  BufferServer() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ZOKIO_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    listen(listener_, 1) == 0 &&
                    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
                "listen");
    port_ = ntohs(address.sin_port);
  }
  BufferServer(const BufferServer&) = delete;
  BufferServer& operator=(const BufferServer&) = delete;
  ~BufferServer() {
    close(connection_);
    close(listener_);
  }

  uint16_t port() const { return port_; }
  uint64_t copied() const { return copied_; }
  void Accept() { connection_ = accept(listener_, nullptr, nullptr); }

  void Turn() {
    const size_t before = input_.size();
    input_.resize(before + kMessage);
    const ssize_t count = recv(connection_, input_.data() + before, kMessage, MSG_DONTWAIT);
    input_.resize(before + static_cast<size_t>(count > 0 ? count : 0));
    copied_ += input_.size() - before;
    while (input_.size() - taken_ >= kMessage) Answer(TakeMessage());
    if (taken_ == input_.size()) {
      input_.clear();
      taken_ = 0;
    }
    Flush();
  }

 private:
  std::string TakeMessage() {
    std::string message(kMessage, '\0');
    Copy(message.data(), input_.data() + taken_, kMessage);
    taken_ += kMessage;
    return message;
  }
  void Answer(const std::string& message) {
    const size_t before = output_.size();
    output_.resize(before + message.size());
    Copy(output_.data() + before, message.data(), message.size());
  }
  void Flush() {
    while (flushed_ < output_.size()) {
      const ssize_t count = send(connection_, output_.data() + flushed_, output_.size() - flushed_,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count <= 0) return;
      copied_ += static_cast<uint64_t>(count);
      flushed_ += static_cast<size_t>(count);
    }
    output_.clear();
    flushed_ = 0;
  }
  void Copy(void* to, const void* from, size_t size) {
    std::memcpy(to, from, size);
    copied_ += size;
  }

  const int listener_;
  int connection_ = -1;
  uint16_t port_ = 0;
  std::vector<uint8_t> input_;
  std::vector<uint8_t> output_;
  size_t taken_ = 0;
  size_t flushed_ = 0;
  uint64_t copied_ = 0;
};

void MeasureBuffers(uint64_t bytes) {
  BufferServer server;
  Client client(server.port());
  server.Accept();
  while (client.verified() < bytes) {
    client.SendOne();
    while (!client.Receive()) server.Turn();
  }
  Print(server.copied(), client);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 3 ? argv[1] : "";
  const uint64_t bytes = (argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0) << 20;
  if (kind == "lease" && bytes > 0) {
    MeasureLeases(bytes);
  } else if (kind == "buffers" && bytes > 0) {
    MeasureBuffers(bytes);
  } else {
    std::fputs("usage: copy_cases lease|buffers MIB\n", stderr);
    return 2;
  }
}
