// Shared(future): many awaiters of one future; each gets a const reference to the one answer.
//
//   zokio::SharedFuture config = zokio::Shared(LoadConfig());
//   auto other = config;                          // another awaiter
//   const Config& c = co_await config;
//
// Whoever awaits drives it: one of those whose tasks were woken polls the future, the others wait.
// It makes no progress while nobody awaits it; to have it run, spawn it and share the JoinHandle.
//
// Ownership: the handles own future and answer; the reference is valid while a handle lives.
// Thread-safety: each handle by one thread at a time. The future may be polled on different
//   threads, one after the other.
// Errors: an exception is rethrown to every awaiter.
// Cancellation: a dropped await passes its turn on. The future is dropped with the last handle, and
//   withdrawn first, which the task waits for, if that handle is being awaited. An await that is
//   given up while there are other handles has a task of its executor wait for the last of them, to
//   do a withdrawal that takes time (a scope inside): so the shared future must not refer to
//   variables of a frame that awaits it. A future that was withdrawn must not be awaited again.
// Cost: one pooled block; an await takes a short lock.
#ifndef ZOKIO_FUTURE_SHARED_H_
#define ZOKIO_FUTURE_SHARED_H_

#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "future/future.h"
#include "future/shared_block.h"
#include "future/wait_list.h"

namespace zokio {

template <Future F>
class [[nodiscard]] SharedFuture {
  using Block = internal::SharedBlock<F>;
  using Output = std::conditional_t<std::is_void_v<OutputOf<F>>, void, const OutputOf<F>&>;

 public:
  explicit SharedFuture(F future) : block_(Block::Make(std::move(future))) {}
  SharedFuture(const SharedFuture& other) noexcept : block_(other.block_) { block_->AddHandle(); }
  // Movable until its first poll.
  SharedFuture(SharedFuture&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {
    ZOKIO_DCHECK(other.node_.state != internal::WaitState::kWaiting, "moved while it is awaited");
  }
  SharedFuture& operator=(SharedFuture&&) = delete;
  ~SharedFuture() {
    if (block_ == nullptr) return;
    block_->Withdraw(node_);
    block_->DropHandle();
  }

  // May be awaited again: the answer stays.
  Poll<Output> poll(Context& context) {
    if (block_->PollShared(node_, context).pending()) return kPending;
    if constexpr (std::is_void_v<Output>) {
      block_->Answer();
      return kReady;
    } else {
      return Poll<Output>(block_->Answer());
    }
  }
  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    return block_->PollCancelShared(node_, context);
  }

 private:
  Block* block_;
  internal::WaitNode node_;
};

template <IntoFuture A>
auto Shared(A&& awaitable) {
  return SharedFuture<FutureOf<A>>(ToFuture(std::forward<A>(awaitable)));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_SHARED_H_
