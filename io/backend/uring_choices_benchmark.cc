// What io_uring offers and this package does not use, or only in part, beside what it uses:
// docs/decisions/0012-io-uring-features-left-out.md draws the conclusions.
//
//   wake     an eventfd that a poll watches (ours), or a message from ring to ring (MSG_RING)
//   receive  by the socket's descriptor (ours), or by its place in a registered table
//   send     with a copy (ours), or without one and with its notification (SEND_ZC)
//   provided buffers of a group: small ones, bundles of them, shared ones (incremental), large ones
//   read     into any memory, or into registered memory (RegisteredBytes), past the page cache
//
// One thread plays both sides, so that the figures are CPU and no scheduling.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "benchmark/benchmark.h"
#include "io/backend/uring_ring.h"

namespace zokio::io {
namespace {

constexpr unsigned kSetup =
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL;

std::unique_ptr<UringRing> OpenRing() {
  auto ring = std::make_unique<UringRing>();
  if (ring->Open(64, 256, kSetup) != 0) return nullptr;
  (void)ring->Enable(0);
  return ring;
}

// Waits for `count` completions; the sum of their results.
int64_t Take(UringRing& ring, unsigned count) {
  int64_t sum = 0;
  for (unsigned seen = 0; seen < count;) {
    if (ring.completions_ready() == 0) {
      ZOKIO_CHECK(ring.EnterAndWait(kNever) >= 0, "io_uring_enter");
    }
    ring.ForEachCompletion(count - seen, [&](const io_uring_cqe& cqe) {
      ++seen;
      sum += cqe.res;
    });
  }
  return sum;
}

void BM_WakeByEventfd(benchmark::State& state) {
  const auto ring = OpenRing();
  if (ring == nullptr) return state.SkipWithError("io_uring is denied");
  const int fd = eventfd(0, EFD_CLOEXEC);
  io_uring_prep_poll_multishot(ring->NextSqe(), fd, POLLIN);
  ring->Enter();
  const uint64_t one = 1;
  for (auto _ : state) {
    ZOKIO_CHECK(write(fd, &one, sizeof(one)) == sizeof(one), "eventfd");
    ZOKIO_CHECK(Take(*ring, 1) == POLLIN, "poll");
  }
  close(fd);
}
BENCHMARK(BM_WakeByEventfd);

void BM_WakeByMessage(benchmark::State& state) {
  const auto from = OpenRing();
  const auto to = OpenRing();
  if (from == nullptr || to == nullptr) return state.SkipWithError("io_uring is denied");
  for (auto _ : state) {
    io_uring_sqe* sqe = from->NextSqe();
    io_uring_prep_rw(IORING_OP_MSG_RING, sqe, to->fd(), nullptr, 1, 0);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    from->Enter();
    ZOKIO_CHECK(Take(*to, 1) == 1, "message");
  }
}
BENCHMARK(BM_WakeByMessage);

// Both ends of a TCP connection over the loopback.
struct TcpPair {
  TcpPair() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    ZOKIO_CHECK(bind(listener, raw, size) == 0 && listen(listener, 1) == 0 &&
                    getsockname(listener, raw, &size) == 0,
                "listen");
    left = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ZOKIO_CHECK(connect(left, raw, size) == 0, "connect");
    right = accept(listener, nullptr, nullptr);
    close(listener);
  }
  ~TcpPair() {
    close(left);
    close(right);
  }
  int left;
  int right;
};

void BM_Receive(benchmark::State& state) {
  const bool registered = state.range(0) != 0;
  const auto ring = OpenRing();
  if (ring == nullptr) return state.SkipWithError("io_uring is denied");
  TcpPair pair;
  ZOKIO_CHECK(io_uring_register_files(ring->raw(), &pair.right, 1) == 0, "register_files");
  char message[64] = {};
  char buffer[64];
  for (auto _ : state) {
    ZOKIO_CHECK(send(pair.left, message, sizeof(message), 0) == sizeof(message), "send");
    io_uring_sqe* sqe = ring->NextSqe();
    io_uring_prep_recv(sqe, registered ? 0 : pair.right, buffer, sizeof(buffer), 0);
    if (registered) sqe->flags |= IOSQE_FIXED_FILE;
    ZOKIO_CHECK(Take(*ring, 1) == sizeof(buffer), "recv");
  }
}
BENCHMARK(BM_Receive)->ArgName("registered")->Arg(0)->Arg(1);

// What Debian's headers lack.
constexpr uint16_t kReceiveBundle = 1 << 4;  // IORING_RECVSEND_BUNDLE
constexpr uint16_t kIncrementalRing = 2;     // IOU_PBUF_RING_INC
constexpr unsigned kBufferGoesOn = 1 << 4;   // IORING_CQE_F_BUF_MORE
constexpr size_t kBufferedBytes = size_t{1} << 20;

// How a multishot receive gets its buffers, all of 1 MiB.
enum Way : int64_t { kSmall, kBundles, kIncremental, kLarge };

class ProvidedBuffers {
 public:
  ProvidedBuffers(UringRing& ring, Way way)
      : size_(way == kSmall || way == kBundles ? 4096 : 65536),
        count_(kBufferedBytes / size_),
        memory_(kBufferedBytes) {
    ring_ = static_cast<io_uring_buf_ring*>(std::aligned_alloc(4096, 4096 * sizeof(io_uring_buf)));
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uint64_t>(ring_);
    registration.ring_entries = static_cast<uint32_t>(count_);
    registration.pad = way == kIncremental ? kIncrementalRing : 0;  // `flags` in later headers
    ok_ = io_uring_register_buf_ring(ring.raw(), &registration, 0) == 0;
    if (!ok_) return;
    io_uring_buf_ring_init(ring_);
    for (size_t id = 0; id < count_; ++id) Give(id);
  }
  ProvidedBuffers(const ProvidedBuffers&) = delete;
  ProvidedBuffers& operator=(const ProvidedBuffers&) = delete;
  ~ProvidedBuffers() { std::free(ring_); }

  bool ok() const { return ok_; }
  // Looks at what came, and gives the buffers that are used up back.
  void Take(const io_uring_cqe& cqe) {
    auto id = static_cast<size_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
    benchmark::DoNotOptimize(memory_[id * size_]);
    if ((cqe.flags & kBufferGoesOn) != 0) return;
    for (int64_t left = std::max(cqe.res, 1); left > 0; left -= static_cast<int64_t>(size_)) {
      Give(id);
      id = (id + 1) % count_;  // of a bundle: they are taken in the order in which they were given
    }
  }

 private:
  void Give(size_t id) {
    io_uring_buf_ring_add(ring_, &memory_[id * size_], static_cast<unsigned>(size_),
                          static_cast<uint16_t>(id),
                          io_uring_buf_ring_mask(static_cast<uint32_t>(count_)), 0);
    io_uring_buf_ring_advance(ring_, 1);
  }

  const size_t size_;
  const size_t count_;
  std::vector<uint8_t> memory_;
  io_uring_buf_ring* ring_ = nullptr;
  bool ok_ = false;
};

void BM_ReceiveProvided(benchmark::State& state) {
  const auto way = static_cast<Way>(state.range(0));
  const auto size = static_cast<size_t>(state.range(1));
  const auto ring = OpenRing();
  if (ring == nullptr) return state.SkipWithError("io_uring is denied");
  ProvidedBuffers buffers(*ring, way);
  if (!buffers.ok()) return state.SkipWithError("this kernel has no such buffers");
  TcpPair pair;
  const std::vector<char> message(size, 'm');
  const auto arm = [&] {
    io_uring_sqe* sqe = ring->NextSqe();
    io_uring_prep_recv(sqe, pair.right, nullptr, 0, 0);
    sqe->ioprio |= IORING_RECV_MULTISHOT | (way == kBundles ? kReceiveBundle : 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
  };
  arm();
  uint64_t completions = 0;
  for (auto _ : state) {
    ZOKIO_CHECK(send(pair.left, message.data(), size, 0) == static_cast<ssize_t>(size), "send");
    for (size_t came = 0; came < size;) {
      bool ended = false;
      bool denied = false;
      if (ring->completions_ready() == 0) ring->EnterAndWait(kNever);
      ring->ForEachCompletion(64, [&](const io_uring_cqe& cqe) {
        ++completions;
        denied = denied || cqe.res == -EINVAL;
        if (denied) return;
        ZOKIO_CHECK(cqe.res > 0, "receive");
        came += static_cast<size_t>(cqe.res);
        buffers.Take(cqe);
        ended = (cqe.flags & IORING_CQE_F_MORE) == 0;
      });
      if (denied) return state.SkipWithError("this kernel has no bundles");
      if (ended) arm();
    }
  }
  state.counters["completions"] =
      static_cast<double>(completions) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_ReceiveProvided)
    ->ArgNames({"way", "bytes"})
    ->ArgsProduct({{kSmall, kBundles, kIncremental, kLarge}, {64, 16384, 65536}});

// The other end throws away what comes without copying it.
void BM_Send(benchmark::State& state) {
  const bool copy = state.range(0) == 0;
  const auto size = static_cast<size_t>(state.range(1));
  const auto ring = OpenRing();
  if (ring == nullptr) return state.SkipWithError("io_uring is denied");
  TcpPair pair;
  std::vector<char> data(size, 'd');
  std::vector<char> sink(size);
  for (auto _ : state) {
    io_uring_sqe* sqe = ring->NextSqe();
    io_uring_prep_send(sqe, pair.left, data.data(), size, MSG_WAITALL);
    if (!copy) sqe->opcode = IORING_OP_SEND_ZC;
    ring->Enter();
    for (size_t left = size; left > 0;) {
      const ssize_t count = recv(pair.right, sink.data(), left, MSG_TRUNC);
      ZOKIO_CHECK(count > 0, "recv");
      left -= static_cast<size_t>(count);
      ring->Enter();
    }
    // The notification's result is 0.
    ZOKIO_CHECK(Take(*ring, copy ? 1 : 2) == static_cast<int64_t>(size), "send");
  }
  state.SetBytesProcessed(static_cast<int64_t>(size) * state.iterations());
}
BENCHMARK(BM_Send)
    ->ArgNames({"without_copy", "bytes"})
    ->ArgsProduct({{0, 1}, {4096, 65536, 1 << 18}});

void BM_ReadPastThePageCache(benchmark::State& state) {
  constexpr size_t kBytes = 1 << 16;
  const bool registered = state.range(0) != 0;
  const auto ring = OpenRing();
  if (ring == nullptr) return state.SkipWithError("io_uring is denied");
  std::string path = "/var/tmp/zokio-choices-XXXXXX";
  close(mkstemp(path.data()));
  const int fd = open(path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC);
  unlink(path.c_str());
  void* memory = std::aligned_alloc(4096, kBytes);
  if (fd < 0 || pwrite(fd, memory, kBytes, 0) != kBytes) {
    return state.SkipWithError("no direct transfers here");
  }
  ZOKIO_CHECK(ring->RegisterMemory({static_cast<uint8_t*>(memory), kBytes}), "register");
  for (auto _ : state) {
    io_uring_sqe* sqe = ring->NextSqe();
    if (registered) {
      io_uring_prep_read_fixed(sqe, fd, memory, kBytes, 0, 0);
    } else {
      io_uring_prep_read(sqe, fd, memory, kBytes, 0);
    }
    ZOKIO_CHECK(Take(*ring, 1) == kBytes, "read");
  }
  close(fd);
  std::free(memory);
}
BENCHMARK(BM_ReadPastThePageCache)->ArgName("registered")->Arg(0)->Arg(1);

}  // namespace
}  // namespace zokio::io
