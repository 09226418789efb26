#include "io/loop.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/thread_local.h"
#include "io/internal/listener_state.h"
#include "io/internal/registered_buffers.h"
#include "io/internal/socket_calls.h"
#include "io/internal/thread_token.h"

namespace zokio::io {
namespace {

struct CurrentLoopTag;
using CurrentLoop = ThreadLocal<Loop*, CurrentLoopTag>;

// Completions delivered in one turn before the worker's tasks get theirs.
constexpr int kTurnMax = 4096;
// How many completions ahead their sockets are fetched into the cache.
constexpr int kAhead = 6;
// One turn in so many has its delay measured, which takes two looks at the clock.
constexpr uint64_t kDelaySampling = 16;

uint32_t HandledKinds(const Backend& backend) {
  uint32_t kinds = 0;
  for (unsigned kind = 0; kind <= static_cast<unsigned>(OpKind::kLast); ++kind) {
    if (backend.Handles(static_cast<OpKind>(kind))) kinds |= 1u << kind;
  }
  return kinds;
}

}  // namespace

void LoopDeleter::operator()(Loop* loop) const {
  ZOKIO_CHECK(!loop->attached_, "a loop was dropped before Detach");
  loop->Release(Loop::kOwnerShare);
}

LoopPtr Loop::Create(std::unique_ptr<Backend> backend, const LoopOptions& options) {
  return LoopPtr(new Loop(std::move(backend), options));
}

Loop::Loop(std::unique_ptr<Backend> backend, const LoopOptions& options)
    : options_(options),
      backend_(std::move(backend)),
      completes_(backend_->completes()),
      handled_kinds_(HandledKinds(*backend_)),
      has_large_buffers_(options.large_buffer_size > options.buffer_size),
      links_max_(backend_->links_max()),
      operations_(this),
      sockets_(this),
      pool_(this, options.buffer_size, options.buffers_max),
      large_pool_(this, std::max(options.large_buffer_size, options.buffer_size),
                  options.large_buffers_max, kLargeIds),
      batch_(std::make_unique<Completion[]>(kBatch)) {
  requests_.reserve(kBatch);
  woken_.reserve(2 * kBatch);
}

Loop::~Loop() = default;

// Never inlined into a coroutine: it would keep the address over a suspension.
[[gnu::noinline]] Loop* Loop::Current() { return CurrentLoop::GetInline(); }

void Loop::Release(int64_t count) {
  if (refs_.fetch_sub(count, memory_order_acq_rel) == count) delete this;
}

void Loop::Attach() {
  ZOKIO_CHECK(!attached_, "a loop is attached once");
  attached_ = true;
  previous_ = std::exchange(CurrentLoop::Get(), this);
  pool_.BindToThread(ThreadToken());
  large_pool_.BindToThread(ThreadToken());
  backend_->Attach(&pool_, has_large_buffers_ ? &large_pool_ : nullptr);
  if (options_.registered_buffers > 0) AttachRegistered();
}

void Loop::AttachRegistered() {
  registered_ =
      RegisteredBuffers::Create(options_.registered_buffer_size, options_.registered_buffers);
  if (registered_ == nullptr) return;
  registered_->Bind(ThreadToken());
  registered_in_kernel_ = backend_->RegisterMemory(registered_->region());
}

void Loop::DetachRegistered() {
  if (registered_ == nullptr) return;
  registered_->Bind(0);
  std::exchange(registered_, nullptr)->Drop();
}

void Loop::Detach() {
  ZOKIO_CHECK(attached_ && Current() == this, "Detach of a loop that is not the current one");
  detaching_ = true;
  while (!homed_.empty()) Orphan(homed_.back());
  operations_.ForEachLive([this](Operation* op) {
    if (op->lock.IsSole()) return;  // done, and its future's alone
    SmallLockGuard guard(op->lock);
    op->flags |= kOpLoopGone;
    if ((op->flags & kOpInKernel) != 0 && (op->flags & kOpCancelling) == 0) CancelLocked(op);
  });
  // Every final completion: afterwards the kernel knows no address of ours. The deadline is for
  // requests that others post meanwhile.
  while (in_kernel_ > 0 || !requests_.empty()) {
    Turn(/*wait=*/in_kernel_ > 0, Clock::Monotonic().Now() + std::chrono::milliseconds(10));
  }
  for (OpBase* op = remote_.Close(); op != nullptr;) {
    OpBase* next = op->link;
    OnRemote(op);
    op = next;
  }
  if (!requests_.empty()) Flush();
  for (const Retry& retry : std::exchange(retries_, {})) ResumeAndUnref(retry.socket);
  for (SocketState* socket : std::exchange(starved_, {})) ResumeAndUnref(socket);
  if (!requests_.empty()) Flush();
  ZOKIO_CHECK(in_kernel_ == 0 && homed_.empty(), "Detach left operations behind");

  const int64_t with_kernel = backend_->Detach();  // first: it may still look at them
  const int64_t leases = pool_.Close() + large_pool_.Close() - with_kernel;
  splice_pipes_.Close();
  for (OpBase* op = remote_frees_.Close(); op != nullptr;) {
    OpBase* next = op->link;
    FreeHere(op);
    op = next;
  }
  DetachRegistered();
  const int64_t slots = operations_.live() + sockets_.live();
  operations_.Forget(operations_.live());
  sockets_.Forget(sockets_.live());
  refs_.fetch_add(leases + slots, memory_order_relaxed);
  CurrentLoop::Get() = std::exchange(previous_, nullptr);
  attached_ = false;
}

int Loop::Poll() { return Turn(/*wait=*/false, kNever); }

void Loop::Park(Instant deadline) {
  counters_.parks.Add(1);
  uint32_t expected = kRunning;
  const bool wait = wake_state_.compare_exchange_strong(expected, kParked, memory_order_acq_rel,
                                                        memory_order_acquire);
  Turn(wait, deadline);
  wake_state_.exchange(kRunning, memory_order_acq_rel);
}

void Loop::Unpark() {
  if (wake_state_.exchange(kNotified, memory_order_acq_rel) == kParked) backend_->Wake();
}

int Loop::Turn(bool wait, Instant deadline) {
  counters_.turns.Add(1);
  if (delivered_at_ != kNever) {
    const Duration delay = Clock::Monotonic().Now() - std::exchange(delivered_at_, kNever);
    counters_.delays_us.Count(static_cast<uint64_t>(delay.count()) / 1000);
  }
  DrainRemote();
  if (!starved_.empty()) ServeStarved();
  if (!retries_.empty()) deadline = std::min(deadline, ServeRetries());
  if (!requests_.empty()) Flush();
  wait = wait && woken_.empty();  // what other threads did for it counts as completed
  const std::span<Completion> batch(batch_.get(), kBatch);
  int total = 0;
  int count = 0;
  do {
    count = backend_->Reap(batch, wait && total == 0, deadline);
    for (int i = 0; i < count; ++i) {
      if (i + kAhead < count) __builtin_prefetch(batch[i + kAhead].op, /*rw=*/1);
      Dispatch(batch[i]);
    }
    WakeAll();
    total += count;
  } while (count == kBatch && total < kTurnMax);
  if (total > 0) {
    counters_.batches.Add(1);
    counters_.completions.Add(static_cast<uint64_t>(total));
    counters_.batch_sizes.Count(static_cast<uint64_t>(total));
    if (counters_.batches.Get() % kDelaySampling == 0) delivered_at_ = Clock::Monotonic().Now();
  }
  if (total > 0 || wait) {
    const BackendStats stats = backend_->stats();
    counters_.enters.Set(stats.enters);
    counters_.overflows.Set(stats.overflows);
    counters_.wakes.Set(stats.wakes);
    counters_.fixed_transfers.Set(stats.fixed);
    counters_.in_flight.Set(static_cast<uint64_t>(in_kernel_));
    counters_.buffers_made.Set(pool_.made());
    counters_.large_buffers_made.Set(large_pool_.made());
  }
  return total;
}

void Loop::EndLinks() {
  if (requests_.size() > links_begin_) requests_.back().linked = false;
  links_begin_ = kNotLinking;
}

// It is done before it began; its future, which is being polled, is woken to see that.
void Loop::FailStart(Operation* op, int32_t result, uint32_t flags) {
  Waker waker;
  {
    SmallLockGuard guard(op->lock);
    op->flags |= kOpDone | flags;
    op->result = result;
    waker = std::move(op->waker);
  }
  std::move(waker).Wake();
}

void Loop::WakeLater(Waker waker) {
  if (!waker) return;
  // Usually a task's header with its frame behind it; a hint harms nothing where it is not.
  __builtin_prefetch(waker.data(), /*rw=*/1);
  woken_.push_back(std::move(waker));
}

void Loop::WakeAll() {
  for (Waker& waker : woken_) std::move(waker).Wake();
  woken_.clear();
}

void Loop::Flush() {
  // Submitting may free what a request names, so nothing is read from it afterwards.
  backend_->Submit(requests_);
  requests_.clear();
}

void Loop::Dispatch(const Completion& completion) {
  switch (completion.op->kind) {
    case OpKind::kStream:
    case OpKind::kListener:
    case OpKind::kPolled:
      if (!completes_ || completion.op->kind == OpKind::kPolled) {
        OnReadiness(static_cast<SocketState*>(completion.op), completion);
      } else if (completion.op->kind == OpKind::kStream) {
        OnStream(static_cast<SocketState*>(completion.op), completion);
      } else {
        OnListener(static_cast<SocketState*>(completion.op), completion);
      }
      return;
    case OpKind::kFree:
    case OpKind::kFile:
      break;
    default:
      OnOperation(static_cast<Operation*>(completion.op), completion);
      return;
  }
  ZOKIO_CHECK(false, "a completion for a free slot");
}

void Loop::DrainRemote() {
  OpBase* op = remote_.TakeAll();
  while (op != nullptr) {
    OpBase* next = op->link;
    counters_.remote_requests.Add(1);
    OnRemote(op);
    op = next;
  }
  op = remote_frees_.TakeAll();
  while (op != nullptr) {
    OpBase* next = op->link;
    FreeHere(op);
    op = next;
  }
}

LoopStats Loop::stats() const {
  LoopStats stats;
  stats.turns = counters_.turns.Get();
  stats.parks = counters_.parks.Get();
  stats.completions = counters_.completions.Get();
  stats.batches = counters_.batches.Get();
  stats.operations = counters_.operations.Get();
  stats.linked = counters_.linked.Get();
  stats.speculative_calls = counters_.speculative_calls.Get();
  stats.speculative_misses = counters_.speculative_misses.Get();
  stats.arms = counters_.arms.Get();
  stats.cancels = counters_.cancels.Get();
  stats.out_of_buffers = counters_.out_of_buffers.Get();
  stats.remote_requests = counters_.remote_requests.Get();
  stats.pooled = counters_.pooled.Get();
  stats.accept_backoffs = counters_.accept_backoffs.Get();
  stats.bytes_read = counters_.bytes_read.Get();
  stats.bytes_written = counters_.bytes_written.Get();
  stats.bytes_copied = counters_.bytes_copied.Get();
  stats.bytes_spliced = counters_.bytes_spliced.Get();
  stats.enters = counters_.enters.Get();
  stats.overflows = counters_.overflows.Get();
  stats.wakes = counters_.wakes.Get();
  stats.fixed_transfers = counters_.fixed_transfers.Get();
  stats.in_flight = counters_.in_flight.Get();
  stats.buffers_made = counters_.buffers_made.Get();
  stats.large_buffers_made = counters_.large_buffers_made.Get();
  stats.connections = counters_.connections.Get();
  stats.connection_limits = counters_.connection_limits.Get();
  stats.batch_sizes = counters_.batch_sizes.Get();
  stats.delays_us = counters_.delays_us.Get();
  return stats;
}

}  // namespace zokio::io
