// The part of Loop that delivers completions to sockets.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/internal/listener_state.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio::io {
namespace {

constexpr Duration kBackoffMin = std::chrono::milliseconds(1);
constexpr Duration kBackoffMax = std::chrono::milliseconds(256);
constexpr size_t kAcceptedMax = 1024;
// So many receives in sequence move a stream to large buffers, and back.
constexpr uint8_t kVotesToGrow = 4;
constexpr uint8_t kVotesToShrink = 64;
constexpr uint32_t kGone = kSocketClosed | kOpLoopGone;

}  // namespace

void Loop::AppendReceived(SocketState* socket, const Completion& completion) {
  BufferBlock* block = this->block(static_cast<uint16_t>(completion.buffer));
  if (completion.result <= 0 || (socket->flags & kGone) != 0) {
    block->pool->Put(block);
    return;
  }
  block->length = static_cast<uint32_t>(completion.result);
  block->offset = 0;
  ReceiveQueue& queue = socket->queue;
  JudgeReceiveLocked(socket, block->length);
  if (queue.held == 0) {
    queue.head = block->id;
  } else {
    this->block(queue.tail)->next = block->id;
  }
  queue.tail = block->id;
  queue.held += HeldBy(*block);
  counters_.bytes_read.Add(block->length);
}

void Loop::DropReceived(ReceiveQueue& queue) {
  while (queue.held > 0) {
    BufferBlock* block = this->block(queue.head);
    queue.head = block->next;
    queue.held -= HeldBy(*block);
    block->pool->Put(block);
  }
}

// ---- The size of receive buffers ----------------------------------------------------------------

// A stream wants large buffers when full small ones come behind others that nobody could take yet:
// one message, or several, that came at once. One full buffer says nothing: messages may be as
// large as it is. It wants small ones again when they would have done for a long time.
void Loop::JudgeReceiveLocked(SocketState* socket, uint32_t length) {
  const uint8_t before = socket->buffer_size;
  if ((before & kLargeBuffers) != 0) {
    StayOrShrink(socket, length);
  } else if (length < pool_.buffer_size()) {
    socket->buffer_size = 0;
  } else if (socket->queue.held > 0 && has_large_buffers_ &&
             ++socket->buffer_size == kVotesToGrow) {
    socket->buffer_size = kLargeBuffers;
  }
  // What is armed goes on until the kernel has ended it; then it is armed with the other size.
  if (((before ^ socket->buffer_size) & kLargeBuffers) != 0 &&
      (socket->flags & (kOpInKernel | kOpCancelling)) == kOpInKernel) {
    CancelLocked(socket);
  }
}

void Loop::StayOrShrink(SocketState* socket, uint32_t length) {
  if (length > pool_.buffer_size()) {
    socket->buffer_size = kLargeBuffers;
  } else if (++socket->buffer_size == kLargeBuffers + kVotesToShrink) {
    socket->buffer_size = 0;
  }
}

// The same where each receive is a call: one that finds nothing tells that the message was whole.
void Loop::JudgeReadyReceiveLocked(SocketState* socket, uint32_t length) {
  if ((socket->buffer_size & kLargeBuffers) != 0) {
    if (length > 0) StayOrShrink(socket, length);
  } else if (length < pool_.buffer_size()) {
    socket->buffer_size = 0;
  } else if (has_large_buffers_ && ++socket->buffer_size == kVotesToGrow + 1) {
    socket->buffer_size = kLargeBuffers;
  }
}

BufferBlock* Loop::TakeReceiveBuffer(const SocketState* socket) {
  if ((socket->buffer_size & kLargeBuffers) != 0) {
    if (BufferBlock* block = large_pool_.Take()) return block;
  }
  return pool_.Take();
}

// All large buffers are lent out: small ones do, until the stream is judged anew.
void Loop::LeaveLargeIfNoneLocked(SocketState* socket) {
  if ((socket->buffer_size & kLargeBuffers) == 0) return;
  if (!large_pool_.CanTake() && !large_pool_.DrainRemote()) socket->buffer_size = 0;
}

void Loop::OnStream(SocketState* socket, const Completion& completion) {
  socket->lock.Lock();
  if (!completion.more) {
    socket->flags &= ~(kOpInKernel | kOpCancelling);
    --in_kernel_;
  }
  if (completion.buffer != kNoBuffer) AppendReceived(socket, completion);
  switch (completion.result) {
    case 0:
      socket->flags |= kSocketEof;
      break;
    case -ENOBUFS:
      backend_->OnOutOfBuffers((socket->buffer_size & kLargeBuffers) != 0);
      LeaveLargeIfNoneLocked(socket);
      StarveLocked(socket);
      break;
    case -ECANCELED:
    case -EINTR:
    case -EAGAIN:
      break;
    default:
      if (completion.result < 0) {
        socket->flags |= kSocketFailed;
        socket->result = -completion.result;
      }
  }
  Waker waker;
  if ((socket->flags & kGone) == 0) {
    const bool news = socket->queue.held > 0 || (socket->flags & (kSocketEof | kSocketFailed)) != 0;
    if ((socket->flags & kSocketWaiting) != 0) {
      const bool paused = !completion.more && (socket->flags & kSocketPaused) != 0;
      if (news || paused) {
        socket->flags &= ~kSocketWaiting;
        waker = std::move(socket->read_waker);
      } else if (!completion.more) {
        (void)ArmLocked(socket);  // this is its home: nothing to post
      }
    }
    // Nobody reads: leave the rest in the socket's own buffer, which pushes back on the peer.
    if (socket->queue.held >= options_.unread_bytes_max &&
        (socket->flags & (kOpInKernel | kOpCancelling)) == kOpInKernel) {
      CancelLocked(socket);
    }
  }
  if (completion.more) {
    socket->lock.Unlock();
  } else {
    UnrefSocketLocked(socket);
  }
  WakeLater(std::move(waker));
}

void Loop::OnListener(SocketState* socket, const Completion& completion) {
  auto* listener = static_cast<ListenerState*>(socket);
  Waker waker;
  NativeHandle late = kNoHandle;
  bool retry = false;
  socket->lock.Lock();
  if (!completion.more) {
    socket->flags &= ~(kOpInKernel | kOpCancelling);
    --in_kernel_;
  }
  if (completion.result >= 0) {
    if ((socket->flags & kGone) != 0) {
      late = completion.result;
    } else {
      listener->Push(completion.result);
      listener->backoff = Duration(0);
      // Nobody accepts: leave the rest in the kernel's backlog.
      if (listener->accepted.size() - listener->accepted_head >= kAcceptedMax &&
          (socket->flags & (kOpInKernel | kOpCancelling)) == kOpInKernel) {
        CancelLocked(socket);
      }
    }
  } else if (IsResourceExhaustion(-completion.result)) {
    retry = (socket->flags & kGone) == 0;
  } else if (!IsTransientAcceptError(-completion.result)) {
    socket->flags |= kSocketFailed;
    socket->result = -completion.result;
  }
  if (!retry && (socket->flags & (kGone | kSocketWaiting)) == kSocketWaiting) {
    if (listener->HasAccepted() || (socket->flags & kSocketFailed) != 0) {
      socket->flags &= ~kSocketWaiting;
      waker = std::move(socket->read_waker);
    } else if (!completion.more) {
      (void)ArmLocked(socket);
    }
  }
  if (retry) BackOffLocked(listener);
  if (completion.more) {
    socket->lock.Unlock();
  } else {
    UnrefSocketLocked(socket);
  }
  if (late != kNoHandle) CloseSocket(late);
  WakeLater(std::move(waker));
}

void Loop::OnReadiness(SocketState* socket, const Completion& completion) {
  Waker reader;
  Waker writer;
  bool ended = false;
  {
    SmallLockGuard guard(socket->lock);
    int32_t bits = completion.result;
    if (!completion.more && (socket->flags & kOpInKernel) != 0) {
      ended = true;
      socket->flags &= ~(kOpInKernel | kOpCancelling);
      --in_kernel_;
      if ((socket->flags & kGone) == 0 && (bits >= 0 || bits == -ECANCELED || bits == -EAGAIN)) {
        StartLocked(
            socket);  // the kernel stopped looking; what it saw meanwhile is found by trying
        bits = bits < 0 ? 0 : bits;
        bits |= kReadyRead | kReadyWrite;
      } else if (bits == -ECANCELED) {
        bits = 0;
      }
    }
    if (bits < 0) {  // it could not be registered
      socket->flags |= kSocketFailed;
      socket->result = -bits;
      bits = kReadyHangup;
    }
    if ((bits & (kReadyRead | kReadyHangup)) != 0) {
      socket->flags |= kSocketReadable;
      if ((socket->flags & kSocketWaiting) != 0) reader = std::move(socket->read_waker);
      socket->flags &= ~kSocketWaiting;
    }
    if ((bits & kReadyHangup) != 0) socket->flags |= kSocketHangup;
    if ((bits & (kReadyWrite | kReadyHangup)) != 0) {
      socket->flags |= kSocketWritable;
      if ((socket->flags & kSocketWriteWaiting) != 0) {
        writer = std::move(*std::exchange(socket->write_waiter, nullptr));
        socket->flags &= ~kSocketWriteWaiting;
      }
    }
  }
  if (ended) UnrefSocket(socket, /*close=*/false);
  WakeLater(std::move(reader));
  WakeLater(std::move(writer));
}

// ---- Waiting for buffers, waiting for descriptors
// ---------------------------------------------------

void Loop::StarveLocked(SocketState* socket) {
  counters_.out_of_buffers.Add(1);
  if ((socket->flags & (kGone | kSocketStarved)) != 0) return;
  socket->flags |= kSocketStarved;
  ++socket->refs;
  starved_.push_back(socket);
  pool_.SetStarved(true);
}

void Loop::ServeStarved() {
  pool_.DrainRemote();
  size_t served = 0;
  // Those that the backend holds count: whom they were meant for may have gone.
  const size_t can_take =
      pool_.free_count() + (pool_.capacity() - pool_.made()) + backend_->buffers_held();
  const size_t count = std::min(can_take, starved_.size());
  for (; served < count; ++served) {
    ResumeAndUnref(starved_[served]);
  }
  starved_.erase(starved_.begin(), starved_.begin() + static_cast<ptrdiff_t>(served));
  if (starved_.empty()) pool_.SetStarved(false);
}

void Loop::BackOffLocked(ListenerState* listener) {
  counters_.accept_backoffs.Add(1);
  if ((listener->flags & kSocketStarved) != 0) return;
  listener->backoff = std::clamp(listener->backoff * 2, kBackoffMin, kBackoffMax);
  listener->flags |= kSocketStarved;
  ++listener->refs;
  retries_.push_back({listener, Clock::Monotonic().Now() + listener->backoff});
}

bool Loop::AdmitsLocked(ListenerState* listener) {
  if (!AtConnectionLimit()) return true;
  counters_.connection_limits.Add(1);
  if ((listener->flags & (kOpInKernel | kOpCancelling)) == kOpInKernel) CancelLocked(listener);
  if ((listener->flags & kSocketStarved) != 0) return false;
  listener->flags |= kSocketStarved;
  ++listener->refs;
  retries_.push_back({listener, kNever});
  return false;
}

void Loop::CountConnection(SocketState* socket) {
  socket->flags |= kSocketAccepted;
  counters_.connections.Set(++connections_);
}

Instant Loop::ServeRetries() {
  const Instant now = Clock::Monotonic().Now();
  Instant next = kNever;
  for (size_t i = 0; i < retries_.size();) {
    if (retries_[i].when > now) {
      next = std::min(next, retries_[i].when);
      ++i;
      continue;
    }
    SocketState* socket = retries_[i].socket;
    retries_[i] = retries_.back();
    retries_.pop_back();
    ResumeAndUnref(socket);
  }
  return next;
}

// It may try again: is armed, or on a readiness backend its reader is woken to make the call.
void Loop::ResumeAndUnref(SocketState* socket) {
  Waker waker;
  socket->lock.Lock();
  socket->flags &= ~kSocketStarved;
  if ((socket->flags & kSocketReadiness) != 0) {
    socket->flags |= kSocketReadable;
    if ((socket->flags & kSocketWaiting) != 0) waker = std::move(socket->read_waker);
    socket->flags &= ~kSocketWaiting;
  } else if (socket->kind == OpKind::kListener && options_.connections_max > 0) {
    // What was accepted before the limit was reached may be handed out now; else it arms.
    if ((socket->flags & kSocketWaiting) != 0) waker = std::move(socket->read_waker);
    socket->flags &= ~kSocketWaiting;
  } else if ((socket->flags & kSocketWaiting) != 0) {
    (void)ArmLocked(socket);  // this is its home: nothing to post
  }
  UnrefSocketLocked(socket);
  std::move(waker).Wake();
}

}  // namespace zokio::io
