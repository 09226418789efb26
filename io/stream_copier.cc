#include "io/stream_copier.h"

#include <cerrno>
#include <optional>
#include <utility>

#include "io/internal/socket_call.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio {
namespace {

using io::Direction;
using io::Loop;
using io::SocketState;

// Bytes in full buffers, one after the other, that make a bulk; then it pays to stop the armed
// receive.
constexpr uint64_t kFullForBulk = uint64_t{64} << 10;
// Splices in a row that brought less than a page or two: copying those is cheaper.
constexpr uint32_t kSmallForMessages = 8;
constexpr int32_t kSmallBytes = 8192;

// The answers that mean: not here, not so.
bool IsDenial(int32_t result) {
  return result == -EINVAL || result == -ENOSYS || result == -EPERM || result == -EACCES;
}

}  // namespace

// Ready when `from` receives nothing by itself any more. What it received before stays with it.
class StreamCopier::Pause {
 public:
  explicit Pause(const StreamCopier* copier) : socket_(copier->from_->state()) {}
  Pause(Pause&&) = default;

  Poll<Result<void>> poll(Context& context) {
    using Output = Result<void>;
    if (socket_ == nullptr) return Output(Error(ErrorCode::kClosed, "copy"));
    if (Loop::Current() == nullptr) return Output(Error(ErrorCode::kWrongThread, "copy"));
    Loop* post = nullptr;
    Waker replaced;
    Output result;
    socket_->lock.Lock();
    if (const std::optional<Error> gone = io::GoneErrorLocked(socket_, "copy")) {
      result = *gone;
    } else if ((socket_->flags & io::kSocketReadiness) == 0) {
      socket_->flags |= io::kSocketPaused;
      if ((socket_->flags & io::kOpInKernel) != 0) {
        post = Loop::DisarmLocked(socket_);
        if (wait_.EnterLocked(socket_, context, replaced)) {
          socket_->lock.Unlock();
          if (post != nullptr) Loop::Post(post, socket_);
          return kPending;
        }
        result = Error(ErrorCode::kInvalidArgument, "copy: another read waits");
      }
    }
    wait_.FinishAndUnlock(socket_);
    if (post != nullptr) Loop::Post(post, socket_);
    return result;
  }

 private:
  SocketState* socket_;
  io::SocketWait<Direction::kRead> wait_;
};

class StreamCopier::Take {
 public:
  explicit Take(StreamCopier* copier) : copier_(copier), call_(copier->from_->state(), "read") {}
  Take(Take&&) = default;

  Poll<Result<int32_t>> poll(Context& context) {
    return call_.PollResult(context, [this] { return copier_->TryTake(); });
  }

 private:
  StreamCopier* copier_;
  io::SocketCall<Direction::kRead> call_;
};

class StreamCopier::Give {
 public:
  explicit Give(StreamCopier* copier) : copier_(copier), call_(copier->to_->state(), "write") {}
  Give(Give&&) = default;

  Poll<Result<int32_t>> poll(Context& context) {
    return call_.PollResult(context, [this] { return copier_->TryGive(); });
  }

 private:
  StreamCopier* copier_;
  io::SocketCall<Direction::kWrite> call_;
};

StreamCopier::~StreamCopier() {
  Resume();
  PutPipeBack();
}

void StreamCopier::PutPipeBack() {
  io::SplicePipe pipe = std::move(pipe_);
  if (Loop* loop = Loop::Current(); loop != nullptr) loop->splice_pipes().Put(std::move(pipe));
}

bool StreamCopier::HasReceived() const {
  SocketState* socket = from_->state();
  if (socket == nullptr) return true;
  const io::SmallLockGuard guard(socket->lock);
  if ((socket->flags & io::kSocketReadiness) != 0 || socket->home == nullptr) return false;
  return socket->queue.held > 0 || (socket->flags & (io::kSocketEof | io::kSocketFailed)) != 0;
}

void StreamCopier::Resume() {
  SocketState* socket = from_->state();
  if (std::exchange(mode_, Mode::kMessages) == Mode::kMessages || socket == nullptr) return;
  const io::SmallLockGuard guard(socket->lock);
  socket->flags &= ~io::kSocketPaused;
}

int32_t StreamCopier::TryTake() {
  if (!pipe_.open()) {
    Result<io::SplicePipe> pipe = Loop::Current()->splice_pipes().Take();
    denied_ = !pipe.ok();
    if (denied_) return -ENFILE;
    pipe_ = *std::move(pipe);
  }
  const int32_t count = pipe_.TakeFrom(from_->native_handle());
  denied_ = IsDenial(count);
  if (count <= 0) PutPipeBack();
  return count;
}

int32_t StreamCopier::TryGive() {
  io::LoopCounters& counters = Loop::Current()->counters();
  int32_t count;
  if (lease_.empty()) {
    count = pipe_.GiveTo(to_->native_handle());
    if (count <= 0) return count;
    spliced_ += static_cast<uint64_t>(count);
    counters.bytes_spliced.Add(static_cast<uint64_t>(count));
  } else {
    count = io::TrySend(to_->native_handle(), lease_.data(), lease_.size());
    if (count <= 0) return count;
    lease_.RemovePrefix(static_cast<size_t>(count));
    if (lease_.empty()) lease_ = Lease();  // the buffer goes back at once
  }
  given_ += static_cast<uint64_t>(count);
  counters.bytes_written.Add(static_cast<uint64_t>(count));
  return count;
}

void StreamCopier::CountLease() {
  const Loop* loop = Loop::Current();
  const bool full = loop != nullptr && lease_.size() >= loop->options().buffer_size;
  full_in_a_row_ = full ? full_in_a_row_ + lease_.size() : 0;
}

// The next bytes into `lease_` or `pipe_`, or the end. REQUIRES: nothing is held.
Task<Result<void>> StreamCopier::Fetch() {
  if (mode_ == Mode::kMessages && !denied_ && full_in_a_row_ >= kFullForBulk) {
    mode_ = Mode::kPausing;
  }
  if (mode_ == Mode::kPausing) {  // maybe a Run before this one began it
    Pause pause(this);
    const Result<void> stopped = co_await std::move(pause);
    if (!stopped.ok()) co_return stopped.error();
    // A splice has no flag that keeps it from waiting.
    io::SetNonBlocking(from_->native_handle());
    io::SetNonBlocking(to_->native_handle());
    mode_ = Mode::kBulk;
  }
  if (mode_ == Mode::kBulk && !HasReceived()) {
    Take take(this);
    const Result<int32_t> count = co_await std::move(take);
    if (count.ok()) {
      ended_ = *count == 0;
      small_in_a_row_ = *count < kSmallBytes ? small_in_a_row_ + 1 : 0;
      if (small_in_a_row_ < kSmallForMessages) co_return {};
    } else if (!denied_) {
      co_return count.error();
    }
    small_in_a_row_ = 0;
    full_in_a_row_ = 0;
    Resume();
    co_return {};
  }
  ReadLease read = from_->Read();
  Result<Lease> chunk = co_await std::move(read);
  if (!chunk.ok()) co_return chunk.error();
  lease_ = *std::move(chunk);
  ended_ = lease_.empty();
  CountLease();
  co_return {};
}

Task<Result<uint64_t>> StreamCopier::Run() {
  while (true) {
    while (held() > 0) {
      Give give(this);
      const Result<int32_t> count = co_await std::move(give);
      if (!count.ok()) co_return count.error();
    }
    if (ended_) co_return given_;
    Task<Result<void>> fetch = Fetch();
    const Result<void> fetched = co_await std::move(fetch);
    if (!fetched.ok()) co_return fetched.error();
  }
}

}  // namespace zokio
