// What the cells of the conformance table share: the table's types, the rig that a cell starts
// from.
//
// A cell is one function: an operation in a condition, run on a backend of the caller's choice.
#ifndef ZOKIO_IO_CONFORMANCE_CELLS_H_
#define ZOKIO_IO_CONFORMANCE_CELLS_H_

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "future/timeout.h"
#include "gtest/gtest.h"
#include "io/testing.h"
#include "sched/timer_wheel.h"

namespace zokio::io::conformance {

using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::CountDescriptors;
using testing::Driven;
using testing::MakeConnection;
using testing::Peer;
using testing::TurnUntil;
using zokio::testing::ManualContext;
using zokio::testing::VirtualTimer;

struct Cell {
  std::string operation;
  std::string condition;
  std::function<void(BackendChoice)> check;
};

// One function per concept; conformance_test.cc calls them all.
std::vector<Cell> ReadCells();
std::vector<Cell> ReadSpanCells();
std::vector<Cell> WriteCells();
std::vector<Cell> AcceptCells();
std::vector<Cell> ConnectCells();
std::vector<Cell> FileCells();
std::vector<Cell> PathCells();
std::vector<Cell> ChainCells();
std::vector<Cell> DatagramCells();
std::vector<Cell> UnixCells();

// Of which a few messages need several.
inline LoopOptions SmallBuffers() {
  LoopOptions options;
  options.buffer_size = 4096;
  return options;
}

inline LoopOptions TinyQueues() {
  LoopOptions options = SmallBuffers();
  options.submission_entries = 2;
  options.completion_entries = 4;
  return options;
}

// What the cells start from.
struct Rig {
  explicit Rig(BackendChoice choice, const LoopOptions& options = SmallBuffers())
      : loop(choice, options), connection(MakeConnection()) {
    Result<TcpListener> bound = Await(TcpListener::Bind("127.0.0.1:0"));
    ZOKIO_CHECK(bound.ok(), "bind");
    listener = *std::move(bound);
    address = *listener.local_address();
    for (int i = 0; i < 4; ++i) loop->Poll();  // what MakeConnection left is closed
  }
  // Fills the socket until a write has to wait.
  void FillSocket() {
    const std::string piece(1 << 16, 'f');
    while (TrySend(connection.stream.native_handle(),
                   reinterpret_cast<const uint8_t*>(piece.data()), piece.size()) > 0) {
    }
  }
  std::string Drain(size_t size) {
    std::string text;
    std::vector<char> buffer(1 << 16);
    TurnUntil([&] {
      ssize_t count;
      while ((count = recv(connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT)) >
             0) {
        text.append(buffer.data(), static_cast<size_t>(count));
      }
      return text.size() >= size;
    });
    return text;
  }

  AttachedLoop loop;
  Connection connection;
  TcpListener listener;
  SocketAddress address;
};

inline std::string ReadAll(SocketStream& stream, size_t size) {
  std::string text;
  while (text.size() < size) {
    Result<Lease> chunk = Await(stream.Read());
    if (!chunk.ok() || chunk->empty()) break;
    text.append(chunk->view());
  }
  return text;
}

// Polls under a deadline of a worker's own wheel, whose clock stands still until Pass.
class DeadlineRig {
 public:
  Context& context() { return manual_.context; }
  int wakes() const { return manual_.counter.wakes(); }
  void Pass(Duration step) {
    clock_.now += step;
    wheel_.Advance(clock_.now);
  }

 private:
  struct SteppedClock final : Clock {
    Instant Now() const override { return now; }
    Instant now = Clock::Monotonic().Now();
  };

  SteppedClock clock_;
  TimerWheel wheel_{clock_};
  ManualContext manual_{nullptr, &wheel_};
};

// Polls `future` under a deadline that passes while it waits.
template <typename F>
ErrorCode RunIntoTheDeadline(F future) {
  DeadlineRig rig;
  auto limited = Timeout(std::move(future), std::chrono::seconds(1));
  if (limited.poll(rig.context()).ready()) return ErrorCode::kUnknown;
  Loop::Current()->Poll();
  rig.Pass(std::chrono::seconds(2));
  EXPECT_GT(rig.wakes(), 0);
  auto poll = limited.poll(rig.context());
  if (poll.pending() || poll.value().ok()) return ErrorCode::kUnknown;
  return poll.value().error().code();
}

}  // namespace zokio::io::conformance

#endif  // ZOKIO_IO_CONFORMANCE_CELLS_H_
