// Loops: parking and waking, idleness, exhaustion of buffers and descriptors, nesting.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/thread.h"
#include "gtest/gtest.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::Driven;
using testing::MakeConnection;
using testing::Peer;
using testing::TurnUntil;

class LoopTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(LoopTest);

// How long and how often this thread has run.
struct Ran {
  unsigned long long ns = 0;
  unsigned long long times = 0;
};
Ran ThreadRan() {
  FILE* file = std::fopen("/proc/thread-self/schedstat", "r");
  ZOKIO_CHECK(file != nullptr, "schedstat");
  Ran ran;
  ZOKIO_CHECK(std::fscanf(file, "%llu %*u %llu", &ran.ns, &ran.times) == 2, "schedstat");
  std::fclose(file);
  return ran;
}

TEST_P(LoopTest, ParkReturnsAtTheDeadline) {
  AttachedLoop loop(GetParam());
  for (const auto delay : {std::chrono::microseconds(0), std::chrono::microseconds(300),
                           std::chrono::microseconds(20'000)}) {
    const Instant deadline = Clock::Monotonic().Now() + delay;
    while (Clock::Monotonic().Now() < deadline) loop->Park(deadline);
    EXPECT_GE(Clock::Monotonic().Now(), deadline);
  }
}

TEST_P(LoopTest, UnparkBeforeParkIsNotLost) {
  AttachedLoop loop(GetParam());
  for (int i = 0; i < 1000; ++i) {
    loop->Unpark();
    loop->Park(kNever);
  }
}

// Each of many wakes from another thread ends a park that never would otherwise.
TEST_P(LoopTest, WakesFromAnotherThreadAreNotLost) {
  constexpr int kRounds = 20'000;
  AttachedLoop loop(GetParam());
  Atomic<int> asked{0};
  Atomic<int> seen{0};
  Loop* target = &*loop;
  Result<Thread> waker = Thread::Start("waker", [&asked, &seen, target] {
    for (int i = 1; i <= kRounds; ++i) {
      asked.store(i, memory_order_release);
      target->Unpark();
      while (seen.load(memory_order_acquire) < i) sched_yield();
    }
  });
  ASSERT_TRUE(waker.ok());
  for (int i = 1; i <= kRounds; ++i) {
    while (asked.load(memory_order_acquire) < i) loop->Park(kNever);
    seen.store(i, memory_order_release);
  }
}

TEST_P(LoopTest, IdleLoopUsesNoCpu) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  Driven read(connection.stream.Read());
  Driven accept(listener->Accept());
  ASSERT_FALSE(read.Poll());
  ASSERT_FALSE(accept.Poll());
  loop->Poll();
  // The least of three windows: on a busy machine the kernel charges a sleeper for others' work.
  uint64_t least_ns = UINT64_MAX;
  for (int window = 0; window < 3 && least_ns >= 1'000'000; ++window) {
    const Instant end = Clock::Monotonic().Now() + std::chrono::seconds(2);
    const Ran before = ThreadRan();
    int parks = 0;
    for (; Clock::Monotonic().Now() < end; ++parks) loop->Park(end);
    const Ran after = ThreadRan();
    EXPECT_LE(parks, 20);
    if (testing::kSanitized) return;             // what the sanitizer does is not ours
    EXPECT_LE(after.times - before.times, 20u);  // no waking up inside of Park
    least_ns = std::min<uint64_t>(least_ns, after.ns - before.ns);
  }
  EXPECT_LT(least_ns, 1'000'000u) << "nanoseconds of CPU over 2 s";
}

TEST_P(LoopTest, EmptyTurnsMakeNoSystemCall) {
  AttachedLoop loop(GetParam());
  loop->Poll();
  loop->Poll();
  const uint64_t before = loop->stats().enters;
  for (int i = 0; i < 1000; ++i) loop->Poll();
  Connection connection = MakeConnection();  // refreshes the figures
  EXPECT_LT(loop->stats().enters - before, 100u);
}

TEST_P(LoopTest, LoopsNest) {
  AttachedLoop outer(GetParam());
  Connection connection = MakeConnection();
  Driven read(connection.stream.Read());
  ASSERT_FALSE(read.Poll());
  {
    AttachedLoop inner(GetParam());
    EXPECT_EQ(Loop::Current(), &*inner);
    Connection other = MakeConnection();
    other.peer.Send("inner");
    EXPECT_EQ(Await(other.stream.Read())->view(), "inner");
  }
  EXPECT_EQ(Loop::Current(), &*outer);
  connection.peer.Send("outer");
  EXPECT_EQ(read.Finish()->view(), "outer");
}

// A stream whose owner does not read holds a bounded number of buffers; every byte arrives.
TEST_P(LoopTest, UnreadBytesWaitInTheKernel) {
  LoopOptions options;
  options.buffer_size = 4096;
  options.unread_bytes_max = 4 * 4096;
  options.buffers_max = 64;
  AttachedLoop loop(GetParam(), options);
  Connection connection = MakeConnection();
  {
    Driven read(connection.stream.Read());  // arms the receive
    ASSERT_FALSE(read.Poll());
    loop->Poll();
  }
  const int flags = fcntl(connection.peer.handle(), F_GETFL);
  ASSERT_EQ(fcntl(connection.peer.handle(), F_SETFL, flags | O_NONBLOCK), 0);
  const std::string piece(64 * 1024, 'p');
  size_t sent = 0;
  int stalled = 0;
  while (stalled < 50) {
    const ssize_t count = send(connection.peer.handle(), piece.data(), piece.size(), MSG_NOSIGNAL);
    stalled = count > 0 ? 0 : stalled + 1;
    sent += count > 0 ? static_cast<size_t>(count) : 0;
    loop->Park(Clock::Monotonic().Now() + std::chrono::milliseconds(1));
  }
  EXPECT_LE(loop->stats().buffers_made, 64u);
  connection.peer.ShutdownSend();
  size_t got = 0;
  while (true) {
    Result<Lease> chunk = Await(connection.stream.Read());
    ASSERT_TRUE(chunk.ok());
    if (chunk->empty()) break;
    got += chunk->size();
  }
  EXPECT_EQ(got, sent);
}

// More readers than buffers: they wait for leases to come back, and none is forgotten.
TEST_P(LoopTest, ReadersWaitForBuffers) {
  LoopOptions options;
  options.buffers_max = 32;
  AttachedLoop loop(GetParam(), options);
  std::vector<Connection> connections;
  for (int i = 0; i < 48; ++i) connections.push_back(MakeConnection());
  std::vector<Lease> leases;
  std::vector<std::unique_ptr<Driven<ReadLease>>> reads;
  for (Connection& connection : connections) {
    reads.push_back(std::make_unique<Driven<ReadLease>>(connection.stream.Read()));
    (void)reads.back()->Poll();
    connection.peer.Send("x");
  }
  TurnUntil([&] {
    for (auto& read : reads) {
      if (read != nullptr && (read->ready() || (read->woken() && read->Poll()))) {
        leases.push_back(*std::move(read->value()));
        read.reset();
      }
    }
    return leases.size() == 32 && loop->stats().out_of_buffers > 0;
  });
  leases.clear();
  for (auto& read : reads) {
    if (read != nullptr) {
      EXPECT_EQ(read->Finish()->view(), "x");
    }
  }
}

// Accept waits while descriptors are exhausted and goes on when there are some again.
TEST_P(LoopTest, AcceptBacksOffWhenDescriptorsAreExhausted) {
  AttachedLoop loop(GetParam());
  Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  ASSERT_TRUE(listener.ok());
  // The client's socket exists before the descriptors are taken away.
  Peer client(OpenTcp(SocketAddress::Family::kIpv4));
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit old = limit;
  std::vector<int> taken;
  limit.rlim_cur = 256;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  for (int fd = dup(0); fd >= 0; fd = dup(0)) taken.push_back(fd);
  ASSERT_EQ(TryConnect(client.handle(), *listener->local_address()), 0);
  Driven accept(listener->Accept());
  EXPECT_FALSE(accept.Poll());
  TurnUntil([&] {
    if (accept.woken()) {
      EXPECT_FALSE(accept.Poll());
    }
    return loop->stats().accept_backoffs >= 3;
  });
  EXPECT_FALSE(accept.ready());
  for (const int fd : taken) close(fd);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_TRUE(accept.Finish().ok());
}

// At the limit, Accept waits until a connection closes; those before it go on.
TEST_P(LoopTest, ConnectionsAreLimited) {
  LoopOptions options;
  options.connections_max = 2;
  AttachedLoop loop(GetParam(), options);
  Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  const SocketAddress address = *listener->local_address();
  std::vector<Peer> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(Peer::ConnectTo(address));
  std::vector<TcpStream> streams;
  for (int i = 0; i < 2; ++i) streams.push_back(*Await(listener->Accept()));
  for (int i = 0; i < 3; ++i) {
    Driven accept(listener->Accept());
    while (!accept.Poll() && !accept.woken()) {
      if (loop->Poll() == 0) break;
    }
    ASSERT_FALSE(accept.ready());
    EXPECT_EQ(loop->stats().connections, 2u);
    EXPECT_GT(loop->stats().connection_limits, 0u);
    // Those that are there still work.
    ASSERT_TRUE(Await(streams[1].WriteAll(std::string("x"))).ok());
    streams.erase(streams.begin());
    streams.push_back(*accept.Finish());
  }
  // One that waits is dropped: the next one waits in its stead.
  {
    Driven dropped(listener->Accept());
    ASSERT_FALSE(dropped.Poll());
    loop->Poll();
  }
  clients.push_back(Peer::ConnectTo(address));
  Driven last(listener->Accept());
  ASSERT_FALSE(last.Poll());
  streams.clear();
  EXPECT_TRUE(last.Finish().ok());
}

// More completions at once than their queue holds: the kernel keeps them, none is lost, and it is
// counted.
TEST_P(LoopTest, CompletionsBeyondTheirQueueAreNotLost) {
  LoopOptions options;
  options.submission_entries = 4;
  options.completion_entries = 8;
  AttachedLoop loop(GetParam(), options);
  std::vector<Connection> connections;
  std::vector<std::unique_ptr<Driven<ReadLease>>> reads;
  for (int i = 0; i < 200; ++i) {
    connections.push_back(MakeConnection());
    reads.push_back(std::make_unique<Driven<ReadLease>>(connections.back().stream.Read()));
    ASSERT_FALSE(reads.back()->Poll());
  }
  for (int i = 0; i < 8; ++i) loop->Poll();  // all are armed
  for (int i = 0; i < 200; ++i) connections[static_cast<size_t>(i)].peer.Send(std::to_string(i));
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(reads[static_cast<size_t>(i)]->Finish()->view(), std::to_string(i));
  }
  if (loop->completes()) {
    EXPECT_GT(loop->stats().overflows, 0u);
  }
}

TEST_P(LoopTest, StatisticsTellBatchesAndDelays) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  const LoopStats before = loop->stats();
  for (int i = 0; i < 200; ++i) {
    connection.peer.Send("x");
    ASSERT_TRUE(Await(connection.stream.Read()).ok());
  }
  const LoopStats after = loop->stats();
  uint64_t batches = 0;
  uint64_t delays = 0;
  for (size_t i = 0; i < kLoopBuckets; ++i) {
    batches += after.batch_sizes[i] - before.batch_sizes[i];
    delays += after.delays_us[i] - before.delays_us[i];
  }
  EXPECT_EQ(batches, after.batches - before.batches);
  EXPECT_GT(batches, 0u);
  EXPECT_GE(delays + 1, batches / 16);
  EXPECT_LE(delays, batches / 16 + 1);
}

TEST_P(LoopTest, CreatingAndEndingLoopsLeaksNoDescriptor) {
  const int before = testing::CountDescriptors();
  for (int i = 0; i < 20; ++i) {
    AttachedLoop loop(GetParam());
    Connection connection = MakeConnection();
    Driven read(connection.stream.Read());
    ASSERT_FALSE(read.Poll());
  }
  EXPECT_EQ(testing::CountDescriptors(), before);
}

}  // namespace
}  // namespace zokio::io
