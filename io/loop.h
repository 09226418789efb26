// Loop: one thread's way to the kernel; the other half of a worker.
//
// Poll() hands to the kernel what was started since the last turn and delivers what completed;
// Park() also waits. Completions wake the futures that wait; no user code runs inside. Futures
// find the loop of the thread they are polled on by Current(): starting an operation outside any
// loop is the typed error kWrongThread.
//
// Ownership: made by Create, attached to one thread, detached there, then dropped by its owner.
//   Sockets, leases and futures may outlive it: they fail with kShutdown, and the loop's memory
//   stays until the last of them is gone.
// Thread-safety: Unpark and Post from any thread; everything else on the attached thread.
// Memory ordering: what a thread did before Unpark is visible after the Park it ended; what it did
//   before Post is visible when the request is handled.
// Cancellation: see operation.h.
// Errors: what the kernel answers reaches the future; the loop itself never fails once created.
// Cost: an idle turn is a few loads; a busy one a system call for the whole batch.
#ifndef ZOKIO_IO_LOOP_H_
#define ZOKIO_IO_LOOP_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "io/backend.h"
#include "io/buffer_pool.h"
#include "io/internal/remote_stack.h"
#include "io/internal/slab.h"
#include "io/internal/splice_pipe.h"
#include "io/loop_options.h"
#include "io/loop_stats.h"
#include "io/operation.h"

namespace zokio::io {

class Loop;
class RegisteredBuffers;
struct ListenerState;

struct LoopDeleter {
  void operator()(Loop* loop) const;
};
using LoopPtr = std::unique_ptr<Loop, LoopDeleter>;

class Loop final : private BufferPool::Owner {
 public:
  static LoopPtr Create(std::unique_ptr<Backend> backend, const LoopOptions& options);

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The loop of this thread: the innermost attached, or null.
  static Loop* Current();

  // Makes this the thread's current loop, on top of the one before.
  void Attach();
  // Cancels what is in flight, waits for every final completion, lets go of the kernel.
  // REQUIRES: it is the current loop.
  void Detach();

  // Returns how many completions were delivered.
  int Poll();
  void Park(Instant deadline);
  void Unpark() override;
  bool HasPendingOperations() const { return in_kernel_ > 0 || !homed_.empty(); }

  const BackendReport& report() const { return backend_->report(); }
  bool completes() const { return completes_; }
  // Whether the backend does operations of this kind itself.
  bool Handles(OpKind kind) const {
    return ((handled_kinds_ >> static_cast<unsigned>(kind)) & 1) != 0;
  }
  // How many operations may be linked to each other (LinkScope). 1: none.
  uint32_t links_max() const { return links_max_; }
  const LoopOptions& options() const { return options_; }
  // From any thread; the figures may be a turn apart.
  LoopStats stats() const;

  // ---- For the futures of this package -------------------------------------------------------

  BufferPool& pool() { return pool_; }
  // Null: it has none.
  RegisteredBuffers* registered() { return registered_; }
  // Whether the kernel knows of them.
  bool has_registered_memory() const { return registered_in_kernel_; }
  BufferBlock* block(uint16_t id) { return (id < kLargeIds ? pool_ : large_pool_).block(id); }
  // A buffer for a receive of `socket`, which is readiness's; null: all are lent out.
  // REQUIRES: its lock is held.
  BufferBlock* TakeReceiveBuffer(const SocketState* socket);
  // Such a receive came (or, with 0, found nothing). REQUIRES: the socket's lock is held.
  void JudgeReadyReceiveLocked(SocketState* socket, uint32_t length);
  LoopCounters& counters() { return counters_; }
  SplicePipePool& splice_pipes() { return splice_pipes_; }

  // A slot with one reference, the caller's. Null: out of memory.
  Operation* NewOperation(OpKind kind);
  SocketState* NewSocket(NativeHandle handle);

  // Starts an operation made here; takes the kernel's reference.
  void Start(Operation* op);
  // The future of `op` lost interest: one exchange of the detached flag, then the cancel request
  // goes to the home loop. Any thread.
  static void Abandon(Operation* op);
  // Drops a reference of a done operation. Any thread.
  static void Unref(Operation* op);

  // REQUIRES: `socket->lock` is held; this is the current loop.
  // Makes this the socket's home if it has none and its loop is not gone.
  void AdoptLocked(SocketState* socket);
  // Arms the receive (or accept) here or asks the home loop for it.
  // Returns the home loop to Post to, with a reference taken, or null where there is no need.
  [[nodiscard]] Loop* ArmLocked(SocketState* socket);
  // Ends the armed receive (or accept): its final completion is to come, where it was armed.
  // Returns the home loop to Post to, as ArmLocked.  REQUIRES: `socket->lock` is held. Any thread.
  [[nodiscard]] static Loop* DisarmLocked(SocketState* socket);
  // Queues the request whose flags are set; the caller released the lock.
  static void Post(Loop* home, OpBase* op);

  // Drops a reference; `close`: the socket's owner closed it. Any thread.
  static void UnrefSocket(SocketState* socket, bool close);
  // The same with the lock held, which it releases.
  static void UnrefSocketLocked(SocketState* socket);

  // This loop's buffers are all lent out: the reader goes on when one is back.
  // REQUIRES: the socket's lock is held; this is its home, or its home reports readiness.
  void StarveLocked(SocketState* socket);

  // Descriptors are exhausted: wakes the listener's waiter after a while.
  // REQUIRES: its lock is held; this is its home.
  void BackOffLocked(ListenerState* listener);

  // LoopOptions::connections_max: whether a connection may be handed out. The listener's waiter is
  // to be tried again where not.  REQUIRES: as BackOffLocked.
  bool AdmitsLocked(ListenerState* listener);
  void CountConnection(SocketState* socket);

  void Retain() override { refs_.fetch_add(1, memory_order_relaxed); }
  void Release(int64_t count) override;

 private:
  friend class LinkScope;
  friend struct LoopDeleter;

  enum WakeState : uint32_t { kRunning, kParked, kNotified };
  struct Retry {
    SocketState* socket;
    Instant when;
  };

  Loop(std::unique_ptr<Backend> backend, const LoopOptions& options);
  ~Loop();

  void EndLinks();
  void AttachRegistered();
  void DetachRegistered();

  int Turn(bool wait, Instant deadline);
  void Flush();
  void Dispatch(const Completion& completion);
  void OnOperation(Operation* op, const Completion& completion);
  void OnStream(SocketState* socket, const Completion& completion);
  void OnListener(SocketState* socket, const Completion& completion);
  void OnReadiness(SocketState* socket, const Completion& completion);
  void AppendReceived(SocketState* socket, const Completion& completion);
  void DropReceived(ReceiveQueue& queue);
  void JudgeReceiveLocked(SocketState* socket, uint32_t length);
  void StayOrShrink(SocketState* socket, uint32_t length);
  void LeaveLargeIfNoneLocked(SocketState* socket);

  // Wakes once the batch is delivered; meanwhile what it wakes is fetched into the cache.
  void WakeLater(Waker waker);
  void WakeAll();

  void DrainRemote();
  void OnRemote(OpBase* op);
  void StartLocked(SocketState* socket);
  void CancelLocked(OpBase* op);
  // The way of an operation over a thread that may block, and back by the remote list.
  static void RunPooled(void* operation, bool run);
  void FailStart(Operation* op, int32_t result, uint32_t flags);
  [[nodiscard]] static Loop* PrepareLocked(OpBase* op, uint32_t wanted);

  static void FinishSocket(SocketState* socket);
  void FinishHere(SocketState* socket);
  void Orphan(SocketState* socket);
  static void FreeOperation(Operation* op);
  static void FreeSocket(SocketState* socket);
  void FreeRemote(OpBase* op);
  void FreeHere(OpBase* op);

  bool AtConnectionLimit() const {
    return options_.connections_max > 0 && connections_ >= options_.connections_max;
  }
  void ServeStarved();
  void ResumeAndUnref(SocketState* socket);
  Instant ServeRetries();

  static constexpr int64_t kOwnerShare = int64_t{1} << 40;
  static constexpr int kBatch = 256;
  static constexpr size_t kNotLinking = SIZE_MAX;

  const LoopOptions options_;
  const std::unique_ptr<Backend> backend_;
  const bool completes_;
  const uint32_t handled_kinds_;
  const bool has_large_buffers_;
  const uint32_t links_max_;
  bool attached_ = false;
  bool detaching_ = false;
  Loop* previous_ = nullptr;

  std::vector<Request> requests_;
  size_t links_begin_ = kNotLinking;  // where in `requests_` the links begin
  int64_t in_kernel_ = 0;
  uint64_t connections_ = 0;
  Instant delivered_at_ = kNever;  // of a turn whose delay is measured
  std::vector<SocketState*> homed_;
  std::vector<SocketState*> starved_;
  std::vector<Retry> retries_;
  std::vector<Waker> woken_;

  Slab<Operation> operations_;
  Slab<SocketState> sockets_;
  BufferPool pool_;
  SplicePipePool splice_pipes_;
  BufferPool large_pool_;
  RegisteredBuffers* registered_ = nullptr;  // a reference
  bool registered_in_kernel_ = false;
  LoopCounters counters_;
  std::unique_ptr<Completion[]> batch_;

  // Written by other threads.
  alignas(64) Atomic<uint32_t> wake_state_{kRunning};
  RemoteStack<OpBase> remote_;
  RemoteStack<OpBase> remote_frees_;
  // The owner's share, and one for each slot, lease or post that outlives the owner.
  Atomic<int64_t> refs_{kOwnerShare};
};

// What is started on the loop while it lives is linked: each begins once the one before it has
// succeeded whole; where one does not, those behind it are done with -ECANCELED.
//
// REQUIRES: the loop handles their kinds itself; no more than links_max() of them; nothing else is
//   started or posted meanwhile. `loop` may be null: then it does nothing.
class LinkScope {
 public:
  explicit LinkScope(Loop* loop) : loop_(loop) {
    if (loop_ != nullptr) loop_->links_begin_ = loop_->requests_.size();
  }
  LinkScope(const LinkScope&) = delete;
  LinkScope& operator=(const LinkScope&) = delete;
  ~LinkScope() {
    if (loop_ != nullptr) loop_->EndLinks();
  }

 private:
  Loop* const loop_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_LOOP_H_
