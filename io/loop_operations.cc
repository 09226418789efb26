// Loop: starting, completing, cancelling, freeing operations and sockets; see operation.h.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "io/blocking_runner.h"
#include "io/internal/file_calls.h"
#include "io/internal/listener_state.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio::io {
namespace {

bool IsSocket(const OpBase* op) { return op->kind >= OpKind::kStream && op->kind <= OpKind::kFile; }

// The futures that wait will be woken to learn that it is over.
void TakeWaitersLocked(SocketState* socket, Waker& reader, Waker& writer) {
  if ((socket->flags & kSocketWaiting) != 0) reader = std::move(socket->read_waker);
  socket->flags &= ~kSocketWaiting;
  // On a completing backend the flag speaks of an operation, which wakes by itself.
  constexpr uint32_t kBoth = kSocketReadiness | kSocketWriteWaiting;
  if ((socket->flags & kBoth) == kBoth) {
    writer = std::move(*std::exchange(socket->write_waiter, nullptr));
    socket->flags &= ~kSocketWriteWaiting;
  }
}

}  // namespace

// ---- Operations ---------------------------------------------------------------------------------

Operation* Loop::NewOperation(OpKind kind) {
  Operation* op = operations_.Allocate(kind);
  if (op != nullptr) op->refs = 1;
  return op;
}

void Loop::Start(Operation* op) {
  ZOKIO_DCHECK(completes_ || IsFileKind(op->kind), "operations are for completing backends");
  counters_.operations.Add(1);
  op->home = this;
  if (detaching_) return FailStart(op, -ECANCELED, kOpLoopGone);
  const bool pooled = IsFileKind(op->kind) && !Handles(op->kind);
  if (pooled && options_.blocking_runner == nullptr) return FailStart(op, -ENOSYS, 0);
  // Without the lock: it is nobody else's yet.
  op->flags = (op->flags & ~kOpDone) | kOpInKernel | (pooled ? kOpPooled : 0);
  ++op->refs;
  ++in_kernel_;
  if (pooled) {
    counters_.pooled.Add(1);
    options_.blocking_runner->Run(&Loop::RunPooled, op);
  } else {
    const bool linking = links_begin_ != kNotLinking;
    if (linking && requests_.size() > links_begin_) {
      op->flags |= kOpLinked;
      counters_.linked.Add(1);
    }
    requests_.push_back({op, op->handle, Action::kStart, op->kind, linking});
  }
}

void Loop::RunPooled(void* operation, bool run) {
  auto* op = static_cast<Operation*>(operation);
  {
    SmallLockGuard guard(op->lock);
    run = run && (op->flags & kOpCancelling) == 0;
  }
  const int32_t result = run ? RunFileCall(*op) : -ECANCELED;
  Loop* post;
  {
    SmallLockGuard guard(op->lock);
    op->result = result;
    post = PrepareLocked(op, kOpReturned);
  }
  if (post != nullptr) Post(post, op);
}

void Loop::Abandon(Operation* op) {
  if (op->lock.IsSole()) return FreeOperation(op);
  Loop* post = nullptr;
  Waker waker;
  bool last;
  {
    SmallLockGuard guard(op->lock);
    op->flags |= kOpDetached;
    waker = std::move(op->waker);
    if ((op->flags & kOpInKernel) != 0 && (op->flags & kOpCancelling) == 0) {
      if (op->home == Current()) {
        op->home->CancelLocked(op);
      } else {
        post = PrepareLocked(op, kOpCancelWanted);
      }
    }
#ifdef ZOKIO_IO_PLANT_NO_DETACH
    // The fault that operation life-cycle tests must catch: memory goes while the kernel has it.
    // (A moved-from OwnedBytes still names the memory.)
    {
      const OwnedBytes gone(std::move(op->bytes));
    }
#endif
    last = --op->refs == 0;
  }
  if (post != nullptr) Post(post, op);  // holds a reference of its own
  if (last) FreeOperation(op);
}

void Loop::Unref(Operation* op) {
  if (op->lock.IsSole()) return FreeOperation(op);
  op->lock.Lock();
  const bool last = --op->refs == 0;
  op->lock.Unlock();
  if (last) FreeOperation(op);
}

void Loop::OnOperation(Operation* op, const Completion& completion) {
  if (completion.more) return;  // an intermediate notice; the slot stays
  Waker waker;
  bool last = false;
  {
    SmallLockGuard guard(op->lock);
    // Interrupted before it did anything. (A connect goes on by itself.)
    if (completion.result == -EINTR && op->kind != OpKind::kConnect &&
        (op->flags & (kOpCancelling | kOpDetached | kOpLoopGone)) == 0) {
      requests_.push_back({op, op->handle, Action::kStart});
      return;
    }
    if (op->kind == OpKind::kOpen && completion.result >= 0) {
      op->handle = completion.result;
      op->flags |= kOpOwnsHandle;
    }
    op->result = completion.result;
    op->flags = (op->flags & ~(kOpInKernel | kOpCancelling)) | kOpDone;
    waker = std::move(op->waker);
    last = --op->refs == 0;
    // What is left is the future's: it looks, and frees, without the lock.
    if (op->refs == 1 && (op->flags & kOpDetached) == 0) guard.UnlockToSole();
  }
  --in_kernel_;
  WakeLater(std::move(waker));
  if (last) FreeOperation(op);
}

void Loop::FreeOperation(Operation* op) {
  // The discard action: what arrived too late is given back.
  if ((op->flags & kOpOwnsHandle) != 0) {
    CloseSocket(std::exchange(op->handle, kNoHandle));
    if (op->kind == OpKind::kOpen) DiscardLateFile(*op);
  }
  op->bytes.Reset();
  op->waker = Waker();
  if (SocketState* socket = std::exchange(op->socket, nullptr)) {
    UnrefSocket(socket, /*close=*/false);
  }
  Loop* owner = SlabOwnerOf(op);
  if (owner == Current()) {
    owner->FreeHere(op);
  } else {
    owner->FreeRemote(op);
  }
}

void Loop::FreeRemote(OpBase* op) {
  // Once pushed, the owner may be gone; refused, the owner counted this slot as a share.
  if (!remote_frees_.Push(op)) Release(1);
}

void Loop::FreeHere(OpBase* op) {
  if (IsSocket(op)) {
    if ((op->flags & kSocketAccepted) != 0) {
      counters_.connections.Set(--connections_);
      // Accepts that wait for this look again in the next turn.
      for (Retry& retry : retries_) retry.when = Instant();
    }
    sockets_.Free(static_cast<SocketState*>(op));
  } else {
    operations_.Free(static_cast<Operation*>(op));
  }
}

// ---- Requests to the home loop ------------------------------------------------------------------

Loop* Loop::PrepareLocked(OpBase* op, uint32_t wanted) {
  if (op->home == nullptr) return nullptr;
  op->flags |= wanted;
  if ((op->flags & kOpQueued) != 0) return nullptr;
  op->flags |= kOpQueued;
  ++op->refs;
  op->home->Retain();
  return op->home;
}

void Loop::Post(Loop* home, OpBase* op) {
  if (home->remote_.Push(op)) {
    home->Unpark();
  } else {
    // The loop ended meanwhile; there is nothing left to ask of it.
    op->lock.Lock();
    op->flags &= ~(kOpQueued | kOpCancelWanted | kSocketArmWanted);
    const bool last = --op->refs == 0;
    op->lock.Unlock();
    if (last) {
      IsSocket(op) ? FinishSocket(static_cast<SocketState*>(op))
                   : FreeOperation(static_cast<Operation*>(op));
    }
  }
  home->Release(1);
}

void Loop::OnRemote(OpBase* op) {
  op->lock.Lock();
  const uint32_t flags = op->flags;
  // Only sockets have kSocketArmWanted; an operation never sets that bit.
  op->flags &= ~(kOpQueued | kOpCancelWanted | kSocketArmWanted);
  const bool in_kernel = (flags & kOpInKernel) != 0;
  if (!IsSocket(op) && (flags & kOpReturned) != 0) {
    op->flags &= ~kOpReturned;
    op->lock.Unlock();
    OnOperation(static_cast<Operation*>(op), {op, op->result, kNoBuffer, /*more=*/false});
    op->lock.Lock();
  } else if ((flags & kOpCancelWanted) != 0 && in_kernel && (flags & kOpCancelling) == 0) {
    CancelLocked(op);
  } else if ((flags & kSocketArmWanted) != 0) {
    Loop* elsewhere = ArmLocked(static_cast<SocketState*>(op));
    ZOKIO_CHECK(elsewhere == nullptr, "a request reached a loop that is not the socket's home");
  }
  const bool last = --op->refs == 0;
  op->lock.Unlock();
  if (!last) return;
  IsSocket(op) ? FinishSocket(static_cast<SocketState*>(op))
               : FreeOperation(static_cast<Operation*>(op));
}

void Loop::CancelLocked(OpBase* op) {
  counters_.cancels.Add(1);
  op->flags |= kOpCancelling;
  if (!IsSocket(op) && (op->flags & kOpPooled) != 0) return;  // its thread looks
  requests_.push_back({op, op->handle, Action::kCancel, op->kind});
}

// ---- Sockets ------------------------------------------------------------------------------------

SocketState* Loop::NewSocket(NativeHandle handle) {
  SocketState* socket = sockets_.Allocate(OpKind::kStream);
  if (socket == nullptr) return nullptr;
  socket->handle = handle;
  socket->refs = 1;
  return socket;
}

void Loop::AdoptLocked(SocketState* socket) {
  if (socket->home != nullptr || (socket->flags & (kOpLoopGone | kSocketClosed)) != 0) return;
  if (detaching_) {
    socket->flags |= kOpLoopGone;
    return;
  }
  socket->home = this;
  socket->home_index = static_cast<uint32_t>(homed_.size());
  homed_.push_back(socket);
  if (completes_ && socket->kind != OpKind::kPolled) {
    socket->queue = ReceiveQueue{};
    return;
  }
  socket->write_waiter = nullptr;
  socket->flags |= kSocketReadiness | kSocketReadable | kSocketWritable;
  if (completes_) {
    StartLocked(socket);
  } else {
    requests_.push_back({socket, socket->handle, Action::kStart});
  }
}

Loop* Loop::ArmLocked(SocketState* socket) {
  constexpr uint32_t kNotNow = kOpInKernel | kOpLoopGone | kSocketClosed | kSocketEof |
                               kSocketFailed | kSocketStarved | kSocketReadiness | kSocketPaused;
  if ((socket->flags & kNotNow) != 0 || socket->home == nullptr) return nullptr;
  if (socket->home != this) return PrepareLocked(socket, kSocketArmWanted);
  StartLocked(socket);
  return nullptr;
}

Loop* Loop::DisarmLocked(SocketState* socket) {
  if ((socket->flags & (kOpInKernel | kOpCancelling)) != kOpInKernel) return nullptr;
  Loop* home = socket->home;
  if (home == nullptr || home != Current()) return PrepareLocked(socket, kOpCancelWanted);
  home->CancelLocked(socket);
  return nullptr;
}

void Loop::StartLocked(SocketState* socket) {
  counters_.arms.Add(1);
  socket->flags |= kOpInKernel;
  ++socket->refs;
  ++in_kernel_;
  requests_.push_back({socket, socket->handle, Action::kStart});
}

void Loop::UnrefSocketLocked(SocketState* socket) {
  const bool last = --socket->refs == 0;
  socket->lock.Unlock();
  if (last) FinishSocket(socket);
}

void Loop::UnrefSocket(SocketState* socket, bool close) {
  Waker reader;
  Waker writer;
  Loop* post = nullptr;
  socket->lock.Lock();
  if (close) {
    TakeWaitersLocked(socket, reader, writer);
    // An operation that is under way, such as an accept, holds the descriptor open, and the close
    // is the home loop's: this ends both sooner. New connections are refused from here on.
    const bool operates = (socket->flags & kSocketReadiness) == 0 &&
                          (socket->flags & (kSocketWriteWaiting | kSocketAwaited)) != 0;
    if (operates || socket->kind == OpKind::kListener) ShutdownBoth(socket->handle);
    socket->flags |= kSocketClosed;
    post = DisarmLocked(socket);
  }
  UnrefSocketLocked(socket);
  if (post != nullptr) Post(post, socket);
  std::move(reader).Wake();
  std::move(writer).Wake();
}

void Loop::FinishSocket(SocketState* socket) {
  // The home loop may be orphaning it at this moment: ask under the lock who it is.
  socket->lock.Lock();
  Loop* home = socket->home;
  if (home == nullptr || home == Current()) {
    socket->lock.Unlock();
    if (home != nullptr) {
      home->FinishHere(socket);
      return;
    }
    if (Loop* here = Current(); here != nullptr && socket->kind == OpKind::kFile) {
      // Closing a file may write: not inside a call, where the backend can do it.
      here->requests_.push_back({nullptr, socket->handle, Action::kClose});
    } else {
      CloseSocket(socket->handle);
    }
    FreeSocket(socket);
    return;
  }
  Loop* post = PrepareLocked(socket, 0);
  socket->lock.Unlock();
  if (post != nullptr) Post(post, socket);
}

void Loop::FinishHere(SocketState* socket) {
  homed_.back()->home_index = socket->home_index;
  homed_[socket->home_index] = homed_.back();
  homed_.pop_back();
  if (completes_ && socket->kind == OpKind::kStream) {
    DropReceived(socket->queue);
  }
  requests_.push_back({nullptr, socket->handle, Action::kClose});
  FreeSocket(socket);
}

void Loop::FreeSocket(SocketState* socket) {
  socket->read_waker = Waker();
  if (socket->kind == OpKind::kListener) {
    ListenerState* listener = static_cast<ListenerState*>(socket);
    while (listener->HasAccepted()) CloseSocket(listener->Pop());
    delete listener;
    return;
  }
  Loop* owner = SlabOwnerOf(socket);
  if (owner == Current()) {
    owner->FreeHere(socket);
  } else {
    owner->FreeRemote(socket);
  }
}

void Loop::Orphan(SocketState* socket) {
  homed_.pop_back();
  Waker reader;
  Waker writer;
  {
    SmallLockGuard guard(socket->lock);
    if ((socket->flags & kOpInKernel) != 0 && (socket->flags & kOpCancelling) == 0) {
      CancelLocked(socket);
    }
    TakeWaitersLocked(socket, reader, writer);
    socket->flags |= kOpLoopGone;
    socket->home = nullptr;
    if (completes_ && socket->kind == OpKind::kStream) {
      DropReceived(socket->queue);
    }
  }
  std::move(reader).Wake();
  std::move(writer).Wake();
}

}  // namespace zokio::io
