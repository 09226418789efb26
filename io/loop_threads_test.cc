// Streams awaited on other threads than their home loop's: what a stolen task does.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/mutex.h"
#include "base/random.h"
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

class LoopThreadsTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(LoopThreadsTest);

// Wakes by unparking the loop on which its future was polled last. Clones share the state: the one
// who wakes may still be at it when the future is ready and gone, and the loop ended.
class UnparkWaker {
 public:
  UnparkWaker() : state_(new State) {}
  ~UnparkWaker() { Drop(state_); }

  Waker Make(Loop* loop) {
    loop->Retain();
    state_->loops.push_back(loop);
    state_->loop.store(loop, memory_order_release);
    return Clone(state_);
  }
  bool Take() { return state_->woken.exchange(false, memory_order_acq_rel); }

 private:
  struct State {
    ~State() {
      for (Loop* retained : loops) retained->Release(1);
    }
    Atomic<int> references{1};
    Atomic<Loop*> loop{nullptr};
    Atomic<bool> woken{false};
    std::vector<Loop*> loops;  // retained
  };

  static Waker Clone(void* self) {
    static_cast<State*>(self)->references.fetch_add(1, memory_order_relaxed);
    return Waker(&kVtable, self);
  }
  static void WakeByRef(void* self) {
    auto* state = static_cast<State*>(self);
    state->woken.store(true, memory_order_release);
    state->loop.load(memory_order_acquire)->Unpark();
  }
  static void Wake(void* self) {
    WakeByRef(self);
    Drop(self);
  }
  static void Drop(void* self) {
    auto* state = static_cast<State*>(self);
    if (state->references.fetch_sub(1, memory_order_acq_rel) == 1) delete state;
  }
  static constexpr WakerVtable kVtable{&Clone, &Wake, &WakeByRef, &Drop};

  State* const state_;
};

// Drives a future on the current loop, woken from anywhere.
template <Future F>
OutputOf<F> AwaitHere(F future) {
  UnparkWaker unpark;
  PollEnvironment environment;
  environment.budget = 1 << 30;
  const Waker waker = unpark.Make(Loop::Current());
  Context context(waker, environment);
  while (true) {
    auto poll = future.poll(context);
    if (poll.ready()) return std::move(poll).value();
    while (!unpark.Take()) Loop::Current()->Park(kNever);
  }
}

// A thread with a loop of its own that runs what it is given.
class LoopThread {
 public:
  explicit LoopThread(BackendChoice choice) {
    Result<Thread> thread = Thread::Start("loop", [this, choice] { Run(choice); });
    ZOKIO_CHECK(thread.ok(), "thread");
    thread_ = *std::move(thread);
    MutexLock lock(mutex_);
    while (loop_ == nullptr) changed_.Wait(lock);
  }
  ~LoopThread() { Stop(); }
  void Stop() {
    if (!thread_.joinable()) return;
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      loop_->Unpark();
    }
    thread_.Join();
  }

  // Runs `work` there; returns at once.
  void Post(std::function<void()> work) {
    MutexLock lock(mutex_);
    work_.push_back(std::move(work));
    loop_->Unpark();
  }
  // Runs `work` there and waits for its end.
  void RunThere(std::function<void()> work) {
    bool done = false;
    Post([&] {
      work();
      MutexLock lock(mutex_);
      done = true;
      changed_.NotifyAll();
    });
    MutexLock lock(mutex_);
    while (!done) changed_.Wait(lock);
  }
  LoopStats stats() { return loop_->stats(); }

 private:
  void Run(BackendChoice choice) {
    AttachedLoop loop(choice);
    MutexLock lock(mutex_);
    loop_ = &*loop;
    changed_.NotifyAll();
    while (!stopping_ || !work_.empty()) {
      if (work_.empty()) {
        lock.Unlock();
        loop->Park(kNever);
        lock.Lock();
        continue;
      }
      std::function<void()> work = std::move(work_.front());
      work_.erase(work_.begin());
      lock.Unlock();
      work();
      work = nullptr;
      lock.Lock();
    }
    lock.Unlock();
    loop.End();
  }

  Mutex mutex_;
  CondVar changed_;
  std::vector<std::function<void()>> work_;
  bool stopping_ = false;
  Loop* loop_ = nullptr;
  Thread thread_;
};

TEST_P(LoopThreadsTest, StreamWorksAwayFromItsHome) {
  LoopThread home(GetParam());
  AttachedLoop here(GetParam());
  Connection connection;
  home.RunThere([&] {
    connection = MakeConnection();
    connection.peer.Send("first");
    EXPECT_EQ(AwaitHere(connection.stream.Read())->view(), "first");  // now it is the home
  });
  for (int i = 0; i < 500; ++i) {
    const std::string text = "message " + std::to_string(i);
    connection.peer.Send(text);
    Result<Lease> chunk = AwaitHere(connection.stream.Read());
    ASSERT_TRUE(chunk.ok());
    ASSERT_EQ(chunk->view(), text);
    ASSERT_TRUE(AwaitHere(connection.stream.WriteAll(*std::move(chunk))).ok());
    ASSERT_EQ(connection.peer.Receive(text.size()), text);
  }
  connection.stream.Close();
  EXPECT_EQ(connection.peer.Receive(1), "");
}

// One future polled in turn on two threads, as when its task is stolen over and over.
TEST_P(LoopThreadsTest, FutureMovesBetweenThreads) {
  LoopThread home(GetParam());
  LoopThread thief(GetParam());
  Connection connection;
  home.RunThere([&] { connection = MakeConnection(); });
  UnparkWaker unpark;
  PollEnvironment environment;
  environment.budget = 1 << 30;
  for (int i = 0; i < 300; ++i) {
    ReadLease read(connection.stream.Read());
    bool ready = false;
    for (int turn = 0; !ready; ++turn) {
      (turn % 2 == 0 ? home : thief).RunThere([&] {
        const Waker waker = unpark.Make(Loop::Current());
        Context context(waker, environment);
        auto poll = read.poll(context);
        ready = poll.ready();
        if (ready) {
          ASSERT_TRUE(poll.value().ok());
          EXPECT_EQ(poll.value()->view(), "x");
        }
      });
      if (turn == 1) connection.peer.Send("x");
    }
  }
  thief.RunThere([&] { connection.stream.Close(); });
}

// Echo servers are read, written, dropped and closed on a thread that is not their home, while
// their home delivers. No byte is lost, no descriptor kept.
TEST_P(LoopThreadsTest, DropsFromElsewhereWhileTheHomeDelivers) {
  const int before = testing::CountDescriptors();
  {
    LoopThread home(GetParam());
    LoopThread other(GetParam());
    Random random(7);
    for (int round = 0; round < 60; ++round) {
      auto connection = std::make_shared<Connection>();
      home.RunThere([&] {
        *connection = MakeConnection();
        Driven read(connection->stream.Read());
        EXPECT_FALSE(read.Poll());
      });
      const uint32_t drops = random.Below(20);
      other.Post([connection, drops] {
        for (uint32_t i = 0; i < drops; ++i) {
          Driven read(connection->stream.Read());
          (void)read.Poll();  // dropped, pending or with its lease
        }
        Driven write(connection->stream.WriteAll(std::string(1000, 'w')));
        (void)write.Poll();
        connection->stream.Close();
      });
      for (int i = 0; i < 20; ++i) {
        if (send(connection->peer.handle(), "0123456789", 10, MSG_NOSIGNAL) < 0) break;
      }
    }
    other.RunThere([] {});
  }
  EXPECT_EQ(testing::CountDescriptors(), before);
}

// Its home, where an accept may be armed, sleeps meanwhile.
TEST_P(LoopThreadsTest, AListenerClosedElsewhereRefusesAtOnce) {
  LoopThread home(GetParam());
  AttachedLoop here(GetParam());
  TcpListener listener;
  SocketAddress address;
  home.RunThere([&] {
    listener = *Await(TcpListener::Bind("127.0.0.1:0"));
    address = *listener.local_address();
    Driven accept(listener.Accept());
    EXPECT_FALSE(accept.Poll());
    Loop::Current()->Poll();
  });
  const NativeHandle before = OpenTcp(address.family());
  const NativeHandle after = OpenTcp(address.family());
  EXPECT_EQ(TryConnect(before, address), 0);
  listener.Close();
  EXPECT_EQ(TryConnect(after, address), -ECONNREFUSED);
  CloseSocket(before);
  CloseSocket(after);
}

TEST_P(LoopThreadsTest, LeasesComeBackFromElsewhere) {
  LoopThread home(GetParam());
  LoopThread other(GetParam());
  Connection connection;
  home.RunThere([&] { connection = MakeConnection(); });
  for (int i = 0; i < 2000; ++i) {
    connection.peer.Send("lend");
    home.RunThere([&] {
      auto lease = std::make_shared<Lease>(*AwaitHere(connection.stream.Read()));
      other.Post([lease]() mutable { lease.reset(); });
    });
    if (i % 16 == 0) other.RunThere([] {});  // it does not fall behind further than that
  }
  other.RunThere([] {});
  // 2000 leases went through few buffers.
  home.RunThere([&] {
    connection.peer.Send("last");
    EXPECT_EQ(AwaitHere(connection.stream.Read())->view(), "last");
  });
  EXPECT_LE(home.stats().buffers_made, 256u);
  home.RunThere([&] { connection.stream.Close(); });
}

// The home goes first; its streams, leases and futures end elsewhere.
TEST_P(LoopThreadsTest, HomeEndsWhileOthersHoldItsThings) {
  const int before = testing::CountDescriptors();
  {
    LoopThread other(GetParam());
    for (int round = 0; round < 20; ++round) {
      Connection connection;
      Lease lease;
      {
        LoopThread home(GetParam());
        home.RunThere([&] {
          connection = MakeConnection();
          connection.peer.Send("kept");
          lease = *AwaitHere(connection.stream.Read());
          Driven read(connection.stream.Read());
          EXPECT_FALSE(read.Poll());
        });
        if (round % 2 == 0) {
          other.Post([&connection] {
            const Result<Lease> chunk = AwaitHere(connection.stream.Read());
            EXPECT_FALSE(chunk.ok());
          });
        }
      }
      other.RunThere([&] {
        EXPECT_EQ(AwaitHere(connection.stream.Read()).error().code(), ErrorCode::kShutdown);
        EXPECT_EQ(lease.view(), "kept");
        connection.stream.Close();
        lease = Lease();
      });
    }
  }
  EXPECT_EQ(testing::CountDescriptors(), before);
}

}  // namespace
}  // namespace zokio::io
