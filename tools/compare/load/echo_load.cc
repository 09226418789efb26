// Loads an echo server and checks every byte that comes back.
//
//   echo_load PORT PID CONNECTIONS SIZE DEPTH SECONDS [WARMUP_SECONDS [tcp|unix]]
//
// PORT of a Unix server is the number in the name of its socket (see connect.h).
//
// Each connection keeps DEPTH messages of SIZE bytes under way. After the warm-up, counts messages
// that came back and the CPU time of process PID until SECONDS have passed; then sends no more and
// waits until everything sent is back. Prints
//
//   value=CPU_NS_PER_MESSAGE work=MESSAGES_VERIFIED rate=MESSAGES_PER_SECOND
//
// or, when the server did not do the work, `failed=REASON`, and exits with 1.
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tools/compare/bare/ring.h"
#include "tools/compare/load/connect.h"
#include "tools/compare/load/message_stream.h"

namespace zokio::compare {
namespace {

// A server that shows no progress for this long does not do the work.
constexpr int64_t kSilenceMaxNs = 2'000'000'000;

struct Options {
  unsigned port;
  bool is_unix;
  int pid;
  uint32_t connections;
  size_t size;
  uint32_t depth;
  double seconds;
  double warmup_seconds;
};

[[noreturn]] void Fail(const char* reason) {
  std::printf("failed=%s\n", reason);
  std::exit(1);
}

class EchoLoad {
 public:
  explicit EchoLoad(const Options& options)
      : options_(options),
        ring_(4096, 16384),
        buffers_(&ring_, 2048, 4096),
        filler_(MakeFiller(options.size)) {
    peers_.reserve(options.connections);
    std::vector<int> descriptors;
    for (uint32_t i = 0; i < options.connections; ++i) {
      peers_.push_back({.fd = options.is_unix ? ConnectToUnix(options.port)
                                              : ConnectTo(static_cast<uint16_t>(options.port)),
                        .stream = MessageStream(i, filler_),
                        .batch = {}});
      auto& batch = peers_.back().batch;
      for (uint32_t j = 0; j < options.depth; ++j) {
        batch.insert(batch.end(), filler_.begin(), filler_.end());
      }
      descriptors.push_back(peers_.back().fd);
    }
    const int error = io_uring_register_files(ring_.get(), descriptors.data(), options.connections);
    if (error != 0) Die("register_files", -error);
    Tick();
  }

  void Run() {
    for (uint32_t i = 0; i < peers_.size(); ++i) {
      Receive(i);
      peers_[i].owed = options_.depth;
      Send(i);
    }
    Turn(NowNs() + static_cast<int64_t>(options_.warmup_seconds * 1e9));
    const uint64_t messages_before = messages_;
    const int64_t cpu_before = CpuTimeOf(options_.pid);
    const int64_t start = NowNs();
    Turn(start + static_cast<int64_t>(options_.seconds * 1e9));
    const uint64_t messages = messages_ - messages_before;
    const int64_t cpu_ns = CpuTimeOf(options_.pid) - cpu_before;
    const int64_t elapsed_ns = NowNs() - start;
    DrainAll();
    if (messages == 0) Fail("no message came back in the time given");
    std::printf("value=%.2f work=%llu rate=%.0f\n",
                static_cast<double>(cpu_ns) / static_cast<double>(messages),
                static_cast<unsigned long long>(messages_),
                static_cast<double>(messages) * 1e9 / static_cast<double>(elapsed_ns));
  }

 private:
  enum Kind : uint8_t { kReceive, kSend, kTick };

  struct Peer {
    int fd;
    MessageStream stream;
    std::vector<std::byte> batch;  // what is being sent: up to `depth` messages
    uint32_t owed = 0;             // messages to send once the last send is done
    bool sending = false;
  };

  // Ends a wait now and then, so that the time is looked at when nothing comes back.
  void Tick() {
    io_uring_sqe* sqe = ring_.Next();
    io_uring_prep_timeout(sqe, &tick_, 0, 0);
    sqe->user_data = Tag::Pack(kTick, 0);
  }

  // The peer's index is also that of its registered descriptor.
  void Receive(uint32_t index) {
    io_uring_sqe* sqe = ring_.Next();
    io_uring_prep_recv_multishot(sqe, static_cast<int>(index), nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT | IOSQE_FIXED_FILE;
    sqe->buf_group = 0;
    sqe->user_data = Tag::Pack(kReceive, index);
  }

  void Send(uint32_t index) {
    Peer& peer = peers_[index];
    for (uint32_t j = 0; j < peer.owed; ++j) {
      peer.stream.StampNext(peer.batch.data() + j * options_.size);
    }
    io_uring_sqe* sqe = ring_.Next();
    io_uring_prep_send(sqe, static_cast<int>(index), peer.batch.data(), peer.owed * options_.size,
                       MSG_WAITALL | MSG_NOSIGNAL);
    sqe->flags |= IOSQE_FIXED_FILE;
    sqe->user_data = Tag::Pack(kSend, index);
    peer.owed = 0;
    peer.sending = true;
  }

  // Works until `deadline`, or until everything sent is back.
  void Turn(int64_t deadline_ns) {
    while (true) {
      const int64_t now = NowNs();
      if (now >= deadline_ns || (stopping_ && messages_ == Sent())) return;
      if (messages_ != messages_seen_) {
        messages_seen_ = messages_;
        progress_ns_ = now;
      } else if (progress_ns_ == 0) {
        progress_ns_ = now;
      } else if (now - progress_ns_ > kSilenceMaxNs) {
        Fail(messages_ == 0 ? "nothing came back" : "the server fell silent");
      }
      ring_.SubmitAndWait();
      ring_.Drain([this](const io_uring_cqe& cqe) { Dispatch(cqe); });
      buffers_.Publish();
    }
  }

  void DrainAll() {
    stopping_ = true;
    // Ends by silence at the latest; each message that comes back prolongs it.
    while (messages_ != Sent()) Turn(NowNs() + kSilenceMaxNs);
  }

  uint64_t Sent() const {
    uint64_t sent = 0;
    for (const Peer& peer : peers_) sent += peer.stream.sent();
    return sent;
  }

  void Dispatch(const io_uring_cqe& cqe) {
    const Tag tag = Tag::Of(cqe);
    if (tag.kind == kTick) return Tick();
    Peer& peer = peers_[tag.index];
    if (tag.kind == kReceive) {
      OnReceived(tag.index, cqe);
    } else {
      if (cqe.res < 0) Fail("the server closed a connection");
      peer.sending = false;
    }
    if (peer.owed != 0 && !peer.sending) Send(tag.index);
  }

  void OnReceived(uint32_t index, const io_uring_cqe& cqe) {
    Peer& peer = peers_[index];
    if (cqe.res > 0) {
      const unsigned buffer = BufferRing::IdOf(cqe);
      const uint64_t before = peer.stream.received();
      if (!peer.stream.Verify({buffers_.Data(buffer), static_cast<size_t>(cqe.res)})) {
        Fail("what came back is not what was sent");
      }
      buffers_.Return(buffer);
      const uint64_t whole = peer.stream.received() - before;
      messages_ += whole;
      if (!stopping_) peer.owed += static_cast<uint32_t>(whole);
    } else if (cqe.res != -ENOBUFS) {
      Fail("the server closed a connection");
    }
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) {
      buffers_.Publish();
      Receive(index);
    }
  }

  const Options options_;
  __kernel_timespec tick_{.tv_sec = 0, .tv_nsec = 20'000'000};
  Ring ring_;
  BufferRing buffers_;
  const std::vector<std::byte> filler_;
  std::vector<Peer> peers_;
  uint64_t messages_ = 0;
  uint64_t messages_seen_ = 0;
  int64_t progress_ns_ = 0;
  bool stopping_ = false;
};

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  if (argc < 7) {
    std::fputs("usage: echo_load PORT PID CONNECTIONS SIZE DEPTH SECONDS [WARMUP_SECONDS]\n",
               stderr);
    return 2;
  }
  const zokio::compare::Options options{
      .port = static_cast<unsigned>(std::atoi(argv[1])),
      .is_unix = argc > 8 && std::strcmp(argv[8], "unix") == 0,
      .pid = std::atoi(argv[2]),
      .connections = static_cast<uint32_t>(std::atoi(argv[3])),
      .size = static_cast<size_t>(std::atoll(argv[4])),
      .depth = static_cast<uint32_t>(std::atoi(argv[5])),
      .seconds = std::atof(argv[6]),
      .warmup_seconds = argc > 7 ? std::atof(argv[7]) : 0.1,
  };
  if (options.size < zokio::compare::MessageStream::kStampBytes || options.depth == 0) {
    std::fputs("echo_load: SIZE is at least 8, DEPTH at least 1\n", stderr);
    return 2;
  }
  zokio::compare::EchoLoad(options).Run();
}
