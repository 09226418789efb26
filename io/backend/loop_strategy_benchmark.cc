// How a loop should wait: fixed ways, and one that adapts to the load, on three loads (I11);
// docs/decisions/0013-the-loop-waits-for-one.md draws the conclusions.
//
//   strategy 0        waits for one completion; takes up to 256 at once (what the loop does)
//            1, 2, 3  the same, but 16, 64, 128 at once
//            4, 5     waits for 8 completions or 50 us; for 32 or 100 us
//            6, 7, 8  looks for 5, 20, 50 us before it waits
//            9        adapts: looks for up to 50 us while that lately paid
//   load     0  one message at a time on one connection
//            1  a message every 20 us, over 16 connections
//            2  64 connections, always a message under way on each
//
// A server on a ring, on the last core, answers what a client on the first one sends; each answer
// is compared and all are counted. server_ns is the server thread's CPU time for a message,
// p50_us and p99_us the client's delay.
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <deque>
#include <memory>
#include <vector>

#include "base/atomic.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/thread.h"
#include "benchmark/benchmark.h"
#include "io/backend/uring_ring.h"

namespace zokio::io {
namespace {

constexpr size_t kMessage = 64;

struct Strategy {
  unsigned batch = 256;
  unsigned wait_for = 1;
  int64_t wait_us = 0;  // with wait_for above 1: for how long at most
  int64_t spin_us = 0;
  bool adapts = false;
};

constexpr Strategy kStrategies[] = {
    {},        {16},           {64},           {128},          {256, 8, 50},
    {256, 32, 100}, {256, 1, 0, 5}, {256, 1, 0, 20}, {256, 1, 0, 50}, {256, 1, 0, 0, true},
};

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  (void)sched_setaffinity(0, sizeof(set), &set);  // one core only: then all share it
}

int64_t ThreadCpuNs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int64_t NowNs() { return Clock::Monotonic().Now().time_since_epoch().count(); }

// Answers every message with itself.
class EchoServer {
 public:
  EchoServer(const Strategy& strategy, std::vector<int> handles)
      : strategy_(strategy), handles_(std::move(handles)), buffers_(handles_.size() * kMessage) {}

  void Run() {
    PinTo(static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1);
    ZOKIO_CHECK(ring_.Enable(IORING_SETUP_R_DISABLED) == 0, "ring");
    for (size_t i = 0; i < handles_.size(); ++i) Receive(i);
    const int64_t start = ThreadCpuNs();
    size_t open = handles_.size();
    while (open > 0) {
      Wait();
      unsigned taken = 0;
      ring_.ForEachCompletion(strategy_.batch, [&](const io_uring_cqe& cqe) {
        ++taken;
        if (cqe.user_data == 0) {
          ZOKIO_CHECK(cqe.res == static_cast<int>(kMessage), "send");
          return;
        }
        if (cqe.res <= 0) {
          --open;
          return;
        }
        ZOKIO_CHECK(cqe.res == static_cast<int>(kMessage), "receive");
        ++messages;
        came_.push_back(cqe.user_data - 1);
      });
      for (const size_t i : came_) {
        Send(i);
        Receive(i);
      }
      came_.clear();
      if (strategy_.adapts) Adapt(taken);
    }
    cpu_ns = ThreadCpuNs() - start;
  }

  bool Open() {
    return ring_.Open(256, 1024,
                      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                          IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL |
                          IORING_SETUP_R_DISABLED) == 0 ;
  }

  uint64_t messages = 0;
  int64_t cpu_ns = 0;

 private:
  void Receive(size_t i) {
    io_uring_sqe* sqe = ring_.NextSqe();
    io_uring_prep_recv(sqe, handles_[i], &buffers_[i * kMessage], kMessage, MSG_WAITALL);
    sqe->user_data = i + 1;
  }
  // The kernel copies the message when it takes the entry: before the receive behind it begins.
  void Send(size_t i) {
    io_uring_sqe* sqe = ring_.NextSqe();
    io_uring_prep_send(sqe, handles_[i], &buffers_[i * kMessage], kMessage, MSG_NOSIGNAL);
    sqe->user_data = 0;
  }

  void Wait() {
    if (ring_.completions_ready() > 0) {
      ring_.Enter();
      return;
    }
    if (strategy_.spin_us > 0) {
      if (ring_.submissions_queued() > 0) ring_.Enter();
      const int64_t end = NowNs() + strategy_.spin_us * 1000;
      do {
        if (ring_.KernelWantsEnter()) ring_.Enter();
        if (ring_.completions_ready() > 0) {
          spin_paid_ = true;
          return;
        }
      } while (NowNs() < end);
      spin_paid_ = false;
    }
    if (strategy_.wait_for == 1) {
      const int64_t before = strategy_.adapts ? NowNs() : 0;
      ZOKIO_CHECK(ring_.EnterAndWait(kNever) >= 0, "io_uring_enter");
      if (strategy_.adapts) waited_ns_ = NowNs() - before;
      return;
    }
    __kernel_timespec limit{0, strategy_.wait_us * 1000};
    io_uring_cqe* ignored;
    (void)io_uring_submit_and_wait_timeout(ring_.raw(), &ignored, strategy_.wait_for, &limit,
                                           nullptr);
  }

  // Looking pays where waits are short and little comes at once.
  void Adapt(unsigned taken) {
    if (strategy_.spin_us > 0) {
      strategy_.spin_us = spin_paid_ ? std::min<int64_t>(strategy_.spin_us * 2, 50)
                                     : strategy_.spin_us / 2;
    } else if (waited_ns_ < 50'000 && taken <= 2) {
      strategy_.spin_us = 5;
    }
  }

  Strategy strategy_;
  const std::vector<int> handles_;
  std::vector<uint8_t> buffers_;
  std::vector<size_t> came_;
  UringRing ring_;
  bool spin_paid_ = false;
  int64_t waited_ns_ = INT64_MAX;
};

class Client {
 public:
  explicit Client(std::vector<int> handles) : handles_(std::move(handles)) {}

  void Send(size_t i, uint64_t number) {
    uint8_t message[kMessage] = {};
    std::memcpy(message, &number, sizeof(number));
    ZOKIO_CHECK(send(handles_[i], message, kMessage, 0) == kMessage, "send");
    sent_.push_back({number, NowNs()});
  }
  // False: it is not there yet (only with MSG_DONTWAIT).
  bool Receive(size_t i, uint64_t number, int flags) {
    uint8_t message[kMessage];
    const ssize_t count = recv(handles_[i], message, kMessage, flags);
    if (count < 0 && errno == EAGAIN) return false;
    uint64_t came;
    std::memcpy(&came, message, sizeof(came));
    ZOKIO_CHECK(count == kMessage && came == number, "what came back is what was sent");
    return true;
  }

  // One after the other.
  void Sparse(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      Send(0, i);
      Receive(0, i, 0);
      Took();
    }
  }
  // At a steady rate; what comes back is taken meanwhile.
  void Medium(uint64_t count) {
    int64_t next = NowNs();
    uint64_t sent = 0;
    for (uint64_t done = 0; done < count;) {
      if (sent < count && NowNs() >= next && sent - done < handles_.size()) {
        Send(sent % handles_.size(), sent);
        ++sent;
        next += 20'000;
      }
      if (done < sent && Receive(done % handles_.size(), done, MSG_DONTWAIT)) {
        Took();
        ++done;
      }
    }
  }
  void Saturated(uint64_t count) {
    const uint64_t window = handles_.size();
    for (uint64_t i = 0; i < window; ++i) Send(i, i);
    for (uint64_t i = 0; i < count; ++i) {
      Receive(i % window, i, 0);
      Took();
      if (i + window < count) Send(i % window, i + window);
    }
  }

  std::vector<int64_t> delays_ns;

 private:
  struct Sent {
    uint64_t number;
    int64_t when_ns;
  };

  void Took() {
    delays_ns.push_back(NowNs() - sent_.front().when_ns);
    sent_.pop_front();
  }

  const std::vector<int> handles_;
  std::deque<Sent> sent_;
};

void BM_Strategy(benchmark::State& state) {
  const Strategy& strategy = kStrategies[state.range(0)];
  const int64_t load = state.range(1);
  const size_t connections = load == 0 ? 1 : load == 1 ? 16 : 64;
  const uint64_t count = load == 0 ? 5000 : load == 1 ? 10'000 : 64 * 500;
  uint64_t messages = 0;
  int64_t cpu_ns = 0;
  std::vector<int64_t> delays_ns;
  cpu_set_t before;
  sched_getaffinity(0, sizeof(before), &before);
  for (auto _ : state) {
    std::vector<int> ours;
    std::vector<int> theirs;
    for (size_t i = 0; i < connections; ++i) {
      int pair[2];
      ZOKIO_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
      ours.push_back(pair[0]);
      theirs.push_back(pair[1]);
    }
    EchoServer server(strategy, ours);
    if (!server.Open()) return state.SkipWithError("io_uring is denied");
    Thread thread = Thread::Start("server", [&] { server.Run(); }).value();
    PinTo(0);
    Client client(theirs);
    if (load == 0) client.Sparse(count);
    if (load == 1) client.Medium(count);
    if (load == 2) client.Saturated(count);
    for (const int handle : theirs) close(handle);
    thread.Join();
    for (const int handle : ours) close(handle);
    ZOKIO_CHECK(server.messages == count, "every message was answered once");
    messages += server.messages;
    cpu_ns += server.cpu_ns;
    delays_ns.insert(delays_ns.end(), client.delays_ns.begin(), client.delays_ns.end());
  }
  sched_setaffinity(0, sizeof(before), &before);
  std::sort(delays_ns.begin(), delays_ns.end());
  state.counters["server_ns"] = static_cast<double>(cpu_ns) / static_cast<double>(messages);
  state.counters["p50_us"] = static_cast<double>(delays_ns[delays_ns.size() / 2]) / 1000;
  state.counters["p99_us"] = static_cast<double>(delays_ns[delays_ns.size() * 99 / 100]) / 1000;
  state.SetItemsProcessed(static_cast<int64_t>(messages));
}
BENCHMARK(BM_Strategy)
    ->ArgNames({"strategy", "load"})
    ->ArgsProduct({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 1, 2}})
    ->UseRealTime();

}  // namespace
}  // namespace zokio::io
