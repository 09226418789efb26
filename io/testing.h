// What the tests of this package share: a loop attached to the test's thread, futures driven to
// their end by hand, blocking peers on real sockets, and counts of open descriptors.
#ifndef ZOKIO_IO_TESTING_H_
#define ZOKIO_IO_TESTING_H_

#include <dirent.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/atomic.h"
#include "base/clock.h"
#include "future/context.h"
#include "future/future.h"
#include "future/local_executor.h"
#include "future/spawn.h"
#include "future/task.h"
#include "future/testing.h"
#include "future/waker.h"
#include "io/create_loop.h"
#include "io/internal/datagram_calls.h"
#include "io/internal/socket_calls.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"

namespace zokio::io::testing {

// Whether a sanitizer's own work drowns what this thread does.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

// A test that waits longer than this has lost a wake.
inline constexpr Duration kTestLimit = std::chrono::seconds(60);

inline const char* ChoiceName(BackendChoice choice) {
  return choice == BackendChoice::kUring ? "io_uring" : "epoll";
}

// What lies between the backends of AttachedLoops that say nothing of it, and their loops.
inline std::function<std::unique_ptr<Backend>(std::unique_ptr<Backend>)>& WrapOfEveryLoop() {
  static std::function<std::unique_ptr<Backend>(std::unique_ptr<Backend>)> wrap;
  return wrap;
}

// A loop, attached to the thread that makes it.
class AttachedLoop {
 public:
  explicit AttachedLoop(BackendChoice choice, LoopOptions options = LoopOptions()) {
    options.backend = choice;
    if (!options.wrap_backend) options.wrap_backend = WrapOfEveryLoop();
    Result<LoopPtr> loop = CreateLoop(options);
    ZOKIO_CHECK(loop.ok(), loop.ok() ? "" : loop.error().ToString().c_str());
    loop_ = *std::move(loop);
    loop_->Attach();
  }
  ~AttachedLoop() { End(); }
  void End() {
    if (loop_ != nullptr) {
      loop_->Detach();
      loop_.reset();
    }
  }
  Loop* operator->() { return loop_.get(); }
  Loop& operator*() { return *loop_; }

 private:
  LoopPtr loop_;
};

// Turns of the current loop until `done`.
template <typename Condition>
void TurnUntil(Condition done) {
  const Instant limit = Clock::Monotonic().Now() + kTestLimit;
  while (!done()) {
    Loop::Current()->Park(std::min(limit, Clock::Monotonic().Now() + std::chrono::milliseconds(5)));
    ZOKIO_CHECK(Clock::Monotonic().Now() < limit, "the test waited too long");
  }
}

// Counts wakes. Its clones share the count: the one who wakes may still be at it, on another
// thread, when the future is ready and gone.
class SharedWakes {
 public:
  SharedWakes() : state_(new State) {}
  ~SharedWakes() { Drop(state_); }
  SharedWakes(const SharedWakes&) = delete;
  SharedWakes& operator=(const SharedWakes&) = delete;

  // A waker that the caller owns and drops.
  Waker Make() { return Clone(state_); }
  int wakes() const { return state_->wakes.load(memory_order_acquire); }
  int clones() const { return state_->references.load(memory_order_acquire) - 1; }

 private:
  struct State {
    Atomic<int> references{1};
    Atomic<int> wakes{0};
  };

  static Waker Clone(void* self) {
    static_cast<State*>(self)->references.fetch_add(1, memory_order_relaxed);
    return Waker(&kVtable, self);
  }
  static void WakeByRef(void* self) {
    static_cast<State*>(self)->wakes.fetch_add(1, memory_order_acq_rel);
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

// Polls a future only when it was woken, as a task would; fails the test when a wake is lost.
template <Future F>
class Driven {
 public:
  explicit Driven(F future) : future_(std::move(future)) {}

  // True when it is ready now; the value is kept.
  bool Poll() {
    environment_.budget = kPollBudget;
    seen_ = wakes_.wakes();
    auto poll = future_->poll(context_);
    if (poll.pending()) return false;
    value_.emplace(std::move(poll).value());
    return true;
  }
  bool woken() const { return wakes_.wakes() > seen_; }
  int wakes() const { return wakes_.wakes(); }
  int waker_clones() const { return wakes_.clones(); }

  OutputOf<F> Finish() {
    if (!value_.has_value() && !Poll()) {
      TurnUntil([this] { return woken() && Poll(); });
    }
    return *std::move(value_);
  }
  void Drop() { future_.reset(); }
  bool ready() const { return value_.has_value(); }
  OutputOf<F>& value() { return *value_; }

 private:
  SharedWakes wakes_;
  PollEnvironment environment_;
  Waker waker_ = wakes_.Make();
  Context context_{waker_, environment_};
  std::optional<F> future_;
  std::optional<OutputOf<F>> value_;
  int seen_ = 0;
};

template <Future F>
Driven(F) -> Driven<F>;

template <Future F>
OutputOf<F> Await(F future) {
  return Driven<F>(std::move(future)).Finish();
}

// Runs a task to its end beside the loop.
template <typename T>
T RunTask(Task<T> task) {
  LocalExecutor executor;
  std::optional<T> result;
  auto run = [](Task<T> inner, std::optional<T>* out) -> Task<void> {
    out->emplace(co_await std::move(inner));
  };
  JoinHandle<void> handle = Spawn(executor, run(std::move(task), &result));
  TurnUntil([&] {
    executor.RunUntilIdle();
    return result.has_value();
  });
  return *std::move(result);
}

// A blocking socket of a peer that knows nothing of loops.
class Peer {
 public:
  Peer() = default;
  explicit Peer(NativeHandle handle) : handle_(handle) {}
  Peer(Peer&& other) noexcept : handle_(std::exchange(other.handle_, kNoHandle)) {}
  Peer& operator=(Peer&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Peer() { Close(); }

  static Peer ConnectTo(const SocketAddress& address) {
    const NativeHandle handle = OpenTcp(address.family());
    ZOKIO_CHECK(handle >= 0, "socket");
    ZOKIO_CHECK(TryConnect(handle, address) == 0, "connect");
    return Peer(handle);
  }

  NativeHandle handle() const { return handle_; }
  void Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(handle_, text.data(), text.size(), MSG_NOSIGNAL);
      ZOKIO_CHECK(sent > 0, "send");
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // Exactly `size` bytes, or what came before the end.
  std::string Receive(size_t size) {
    std::string text(size, '\0');
    size_t got = 0;
    while (got < size) {
      const ssize_t count = recv(handle_, text.data() + got, size - got, 0);
      if (count <= 0) break;
      got += static_cast<size_t>(count);
    }
    text.resize(got);
    return text;
  }
  // Turns the current loop until bytes or the end are there; then true where it is the end.
  bool AtEndAfterTurns() {
    ssize_t count = -1;
    TurnUntil([&] {
      char byte;
      count = recv(handle_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
      return count >= 0 || errno != EAGAIN;
    });
    return count <= 0;
  }
  void ShutdownSend() { ASSERT_EQ(shutdown(handle_, SHUT_WR), 0); }
  // Closes with a reset instead of an orderly end.
  void Reset() {
    const linger hard{1, 0};
    ASSERT_EQ(setsockopt(handle_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
    Close();
  }
  void Close() {
    if (handle_ != kNoHandle) CloseSocket(std::exchange(handle_, kNoHandle));
  }
  void SetBuffers(int bytes) {
    ASSERT_EQ(setsockopt(handle_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), 0);
    ASSERT_EQ(setsockopt(handle_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)), 0);
  }

 private:
  NativeHandle handle_ = kNoHandle;
};

// A stream on the current loop and the peer at its other end.
struct Connection {
  SocketStream stream;
  Peer peer;
};

// Whether MakeConnection gives Unix sockets, for tests of what both kinds of stream do.
inline bool& UnixConnections() {
  static bool unix_connections = false;
  return unix_connections;
}

inline Connection MakeConnection() {
  if (UnixConnections()) {
    auto pair = *OpenUnixPair(/*stream=*/true);
    return {SocketStream(Loop::Current()->NewSocket(pair[0])), Peer(pair[1])};
  }
  Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  ZOKIO_CHECK(listener.ok(), "bind");
  Connection connection;
  connection.peer = Peer::ConnectTo(*listener->local_address());
  Result<TcpStream> stream = Await(listener->Accept());
  ZOKIO_CHECK(stream.ok(), "accept");
  connection.stream = *std::move(stream);
  return connection;
}

inline int CountDescriptors() {
  int count = 0;
  DIR* directory = opendir("/proc/self/fd");
  ZOKIO_CHECK(directory != nullptr, "/proc/self/fd");
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count - 3;  // ".", ".." and the directory itself
}

// A test on each backend. Where io_uring is denied, its half is skipped with the reason.
class BackendTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  void SetUp() override {
    LoopOptions options;
    options.backend = GetParam();
    const Result<BackendPlan> plan = BackendPlan::Make(options);
    if (!plan.ok()) GTEST_SKIP() << Describe();
  }
};

#define ZOKIO_IO_ON_EACH_BACKEND(suite)                                                          \
  INSTANTIATE_TEST_SUITE_P(                                                                      \
      Each, suite,                                                                               \
      ::testing::Values(::zokio::io::BackendChoice::kUring, ::zokio::io::BackendChoice::kEpoll), \
      [](const auto& info) { return ::zokio::io::testing::ChoiceName(info.param); })

}  // namespace zokio::io::testing

#endif  // ZOKIO_IO_TESTING_H_
