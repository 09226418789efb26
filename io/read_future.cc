#include "io/read_future.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "io/error_subject.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio {
namespace {

using io::BufferBlock;
using io::BufferPool;
using io::Direction;
using io::Loop;
using io::ReceiveQueue;
using io::SocketState;

// Where received bytes go: a whole buffer is handed over ...
class LeaseSink {
 public:
  using Output = Lease;
  static constexpr bool kCopies = false;
  static constexpr int32_t kNoBuffer = INT32_MIN;
  static constexpr bool kTakesBuffers = true;

  // Takes from the front of a non-empty queue of that loop.
  Lease TakeQueued(ReceiveQueue& queue, Loop& loop) {
    BufferBlock* block = loop.block(queue.head);
    queue.head = block->next;
    queue.held -= io::HeldBy(*block);
    return Lease(block);
  }
  // Before Receive, with the socket's lock.
  void Prepare(Loop& loop, const SocketState* socket) { block_ = loop.TakeReceiveBuffer(socket); }
  // Answers bytes or a negative errno.
  int32_t Receive(io::NativeHandle handle, bool& filled) {
    if (block_ == nullptr) return kNoBuffer;
    const uint32_t size = block_->pool->buffer_size();
    const int32_t count = io::TryReceive(handle, block_->data, size);
    if (count <= 0) {
      block_->pool->Put(block_);
      return count;
    }
    filled = static_cast<uint32_t>(count) == size;
    block_->length = static_cast<uint32_t>(count);
    return count;
  }
  Lease Received(int32_t count) { return count == 0 ? Lease() : Lease(block_); }
  Lease End() { return Lease(); }

 private:
  BufferBlock* block_ = nullptr;
};

// ... or copied.
class CopySink {
 public:
  using Output = size_t;
  static constexpr bool kCopies = true;            // what was queued
  static constexpr int32_t kNoBuffer = INT32_MIN;  // it needs none
  static constexpr bool kTakesBuffers = false;

  explicit CopySink(std::span<uint8_t> target) : target_(target) {}

  size_t TakeQueued(ReceiveQueue& queue, Loop& loop) {
    size_t copied = 0;
    while (queue.held > 0 && copied < target_.size()) {
      BufferBlock* block = loop.block(queue.head);
      const size_t part = std::min<size_t>(block->length - block->offset, target_.size() - copied);
      std::memcpy(target_.data() + copied, block->data + block->offset, part);
      copied += part;
      block->offset += static_cast<uint32_t>(part);
      if (block->offset < block->length) break;
      queue.head = block->next;
      queue.held -= io::HeldBy(*block);
      BufferPool::Return(block);
    }
    return copied;
  }
  void Prepare(Loop&, const SocketState*) {}
  int32_t Receive(io::NativeHandle handle, bool& filled) {
    const int32_t count = io::TryReceive(handle, target_.data(), target_.size());
    filled = count > 0 && static_cast<size_t>(count) == target_.size();
    return count;
  }
  size_t Received(int32_t count) { return static_cast<size_t>(count); }
  size_t End() { return 0; }

 private:
  std::span<uint8_t> target_;
};

// ... or copied to several places, one after the other.
class VectorSink {
 public:
  using Output = size_t;
  static constexpr bool kCopies = true;
  static constexpr int32_t kNoBuffer = CopySink::kNoBuffer;
  static constexpr bool kTakesBuffers = false;

  explicit VectorSink(std::span<const std::span<uint8_t>> targets) : targets_(targets) {}

  size_t TakeQueued(ReceiveQueue& queue, Loop& loop) {
    size_t copied = 0;
    for (const std::span<uint8_t> target : targets_) {
      copied += CopySink(target).TakeQueued(queue, loop);
    }
    return copied;
  }
  void Prepare(Loop&, const SocketState*) {}
  int32_t Receive(io::NativeHandle handle, bool& filled) {
    const int32_t count = io::TryReceiveVector(handle, targets_);
    filled = count > 0;  // maybe not, but then one call more finds that out
    return count;
  }
  size_t Received(int32_t count) { return static_cast<size_t>(count); }
  size_t End() { return 0; }

 private:
  std::span<const std::span<uint8_t>> targets_;
};

// One non-blocking receive, with the lock released around it. Nothing: it would have blocked.
template <typename Sink>
std::optional<Result<typename Sink::Output>> TryNow(SocketState* socket, Loop& loop, Sink& sink) {
  // Cleared before the call: an event that comes during it sets it again.
  socket->flags &= ~io::kSocketReadable;
  sink.Prepare(loop, socket);
  socket->lock.Unlock();
  bool filled = false;
  const int32_t count = sink.Receive(socket->handle, filled);
  socket->lock.Lock();
  if constexpr (Sink::kTakesBuffers) {
    if (count >= 0 || count == -EAGAIN) {
      loop.JudgeReadyReceiveLocked(socket, count < 0 ? 0 : static_cast<uint32_t>(count));
    }
  }
  if (count == -EAGAIN) {
    loop.counters().speculative_misses.Add(1);
    return std::nullopt;
  }
  if (count < 0) {
    if (count == Sink::kNoBuffer) {
      socket->flags |= io::kSocketReadable;
      loop.StarveLocked(socket);
      return std::nullopt;
    }
    return io::ErrorOn(-count, "read", socket->handle);
  }
  loop.counters().speculative_calls.Add(1);
  loop.counters().bytes_read.Add(static_cast<uint64_t>(count));
  // A call that got less than it asked for emptied the socket: an edge will tell of more.
  if (filled || count == 0 || (socket->flags & io::kSocketHangup) != 0) {
    socket->flags |= io::kSocketReadable;
  }
  return sink.Received(count);
}

template <typename Sink>
Poll<Result<typename Sink::Output>> PollReceive(SocketState* socket,
                                                io::SocketWait<Direction::kRead>& wait, Sink sink,
                                                Context& context) {
  using Output = Result<typename Sink::Output>;
  if (socket == nullptr) return Output(Error(ErrorCode::kClosed, "read"));
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, "read"));
  if (!context.SpendBudget()) return kPending;
  std::optional<Output> result;
  Loop* post = nullptr;
  Waker replaced;
  socket->lock.Lock();
  loop->AdoptLocked(socket);
  while (true) {
    if (const std::optional<Error> gone = io::GoneErrorLocked(socket, "read")) {
      result.emplace(*gone);
      break;
    }
    if ((socket->flags & io::kSocketReadiness) != 0) {
      if ((socket->flags & io::kSocketFailed) != 0) {
        result.emplace(io::ErrorOn(socket->result, "read", socket->handle));
        break;
      }
      // Without a buffer it waits for one to come back, not for the socket.
      constexpr uint32_t kEither = io::kSocketReadable | io::kSocketStarved;
      if ((socket->flags & kEither) == io::kSocketReadable) {
        result = TryNow(socket, *loop, sink);
        if (result.has_value()) break;
        continue;
      }
    } else {
      if (socket->queue.held > 0) {
        result.emplace(sink.TakeQueued(socket->queue, *socket->home));
        if constexpr (Sink::kCopies) loop->counters().bytes_copied.Add(**result);
        break;
      }
      if ((socket->flags & io::kSocketFailed) != 0) {
        result.emplace(io::ErrorOn(socket->result, "read", socket->handle));
        break;
      }
      if ((socket->flags & io::kSocketEof) != 0) {
        result.emplace(sink.End());
        break;
      }
      post = loop->ArmLocked(socket);
    }
    if (wait.EnterLocked(socket, context, replaced)) {
      socket->lock.Unlock();
      if (post != nullptr) Loop::Post(post, socket);
      context.RefundBudget();
      return kPending;
    }
    result.emplace(Error(ErrorCode::kInvalidArgument, "read: another read waits"));
    break;
  }
  wait.FinishAndUnlock(socket);
  if (post != nullptr) Loop::Post(post, socket);
  return *std::move(result);
}

}  // namespace

Poll<Result<Lease>> ReadLease::poll(Context& context) {
  return PollReceive(socket_, wait_, LeaseSink(), context);
}

Poll<Result<size_t>> ReadSome::poll(Context& context) {
  if (target_.empty()) return Result<size_t>(size_t{0});
  return PollReceive(socket_, wait_, CopySink(target_), context);
}

Poll<Result<size_t>> ReadSomeVector::poll(Context& context) {
  const auto empty = [](std::span<uint8_t> target) { return target.empty(); };
  if (std::all_of(targets_.begin(), targets_.end(), empty)) return Result<size_t>(size_t{0});
  return PollReceive(socket_, wait_, VectorSink(targets_), context);
}

}  // namespace zokio
