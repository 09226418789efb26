// Unordered<F>: a changing set of futures run at once; yields answers as they come.
//
//   zokio::Unordered<zokio::TaskFuture<int>> set;
//   for (...) set.Push(Compute(i));
//   while (auto answer = co_await set.Next()) Use(*answer);     // empty set: std::nullopt
//
// A wake polls the woken future only, whatever the size of the set.
//
// Ownership: owns its futures. A waker that outlives its future holds a small block.
// Thread-safety: the set by one thread at a time; the wakers of its futures by any.
// Memory ordering: what was done before a wake is seen by the poll it causes.
// Cancellation: a dropped Next has taken nothing. When the task that awaits Next is cancelled, the
//   futures are withdrawn first; `Cancel()` does the same on demand. Dropping the set drops them.
// Errors: an exception of a future is rethrown by the Next that would have yielded its answer.
// Budget: one unit for each future polled.
// Cost: one pooled block a future; a wake is a short lock and the parent's wake.
// Source: the set that futures-rs calls FuturesUnordered.
#ifndef ZOKIO_FUTURE_UNORDERED_H_
#define ZOKIO_FUTURE_UNORDERED_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>

#include "base/atomic.h"
#include "future/child.h"
#include "future/future.h"
#include "future/polled_once.h"
#include "future/ready_queue.h"
#include "mem/frame_pool.h"

namespace zokio {

template <Future F>
class Unordered {
  using Output = OutputOf<F>;

  struct Node : internal::ReadyNode {
    Node(internal::ReadyQueue* queue, F future)
        : ReadyNode(queue, &Free), child(std::in_place, std::move(future)) {}
    static void Free(ReadyNode* base) {
      auto* node = static_cast<Node*>(base);
      node->~Node();
      FramePool::Free(node, sizeof(Node));
    }
    std::optional<internal::Child<F>> child;  // the owner's
    Node* previous = nullptr;
    Node* next = nullptr;
  };

 public:
  using Answer = internal::Stored<Output>;

  class [[nodiscard]] NextFuture {
   public:
    explicit NextFuture(Unordered* set) : set_(set) {}
    Poll<std::optional<Answer>> poll(Context& context) {
      once_.Check("a Next was polled after it was ready");
      return once_.Pass(set_->PollNext(context));
    }
    // Only where the awaiting frame dies: a Next that merely lost a race leaves the set alone.
    Poll<void> poll_cancel(Context& context)
      requires AsyncCancellable<F>
    {
      return context.frame_dies() ? set_->PollCancelAll(context) : Poll<void>(kReady);
    }

   private:
    Unordered* set_;
    internal::PolledOnce once_;
  };

  class [[nodiscard]] CancelFuture {
   public:
    explicit CancelFuture(Unordered* set) : set_(set) {}
    Poll<void> poll(Context& context) {
      once_.Check("a Cancel was polled after it was ready");
      return once_.Pass(set_->PollCancelAll(context));
    }
    Poll<void> poll_cancel(Context& context) { return set_->PollCancelAll(context); }

   private:
    Unordered* set_;
    internal::PolledOnce once_;
  };

  Unordered() : queue_(internal::ReadyQueue::Make()) {}
  Unordered(Unordered&& other) noexcept
      : queue_(std::exchange(other.queue_, nullptr)),
        all_(std::exchange(other.all_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Unordered& operator=(Unordered&&) = delete;
  ~Unordered() {
    if (queue_ == nullptr) return;
    while (all_ != nullptr) Remove(all_);
    queue_->Close();
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  template <IntoFuture A>
    requires std::same_as<FutureOf<A>, F>
  void Push(A&& awaitable) {
    auto* node = ::new (FramePool::Allocate(sizeof(Node)))
        Node(queue_, ToFuture(std::forward<A>(awaitable)));
    node->next = all_;
    if (all_ != nullptr) all_->previous = node;
    all_ = node;
    ++size_;
    queue_->Push(node);  // to be polled for the first time
  }

  // The next answer; std::nullopt when the set is empty.
  NextFuture Next() { return NextFuture(this); }
  // Withdraws and drops all futures.
  CancelFuture Cancel() { return CancelFuture(this); }

 private:
  Poll<std::optional<Answer>> PollNext(Context& context) {
    if (size_ == 0) return Poll<std::optional<Answer>>(std::nullopt);
    queue_->SetParent(context.waker());
    queue_->BeginRound();
    while (auto* ready = static_cast<Node*>(queue_->Pop())) {
      if (!ready->child) {
        ready->Release();
        continue;
      }
      if (!context.SpendBudget()) {
        queue_->PutBack(ready);
        return kPending;
      }
      if (PollNode(ready, context)) return Take(ready);
    }
    return kPending;
  }
  // True when it ended. The queue's share of the node is given up.
  bool PollNode(Node* node, Context& context) {
    Waker waker = node->BorrowWaker();
    Context inner = context.WithWaker(waker);
    bool ended = node->child->Poll(inner);
    waker.Release();
    node->Release();
    return ended;
  }
  Poll<std::optional<Answer>> Take(Node* node) {
    // However it ends, the node leaves.
    struct Guard {
      Unordered* set;
      Node* node;
      ~Guard() { set->Remove(node); }
    } guard{this, node};
    if constexpr (std::is_void_v<Output>) {
      node->child->Take();
      return Poll<std::optional<Answer>>(Answer{});
    } else if constexpr (std::is_reference_v<Output>) {
      return Poll<std::optional<Answer>>(std::addressof(node->child->Take()));
    } else {
      return Poll<std::optional<Answer>>(std::optional<Answer>(node->child->Take()));
    }
  }
  Poll<void> PollCancelAll(Context& context) {
    bool gone = true;
    for (Node* node = all_; node != nullptr;) {
      Node* next = node->next;
      if (!node->child->running() || node->child->Cancel(context)) {
        Remove(node);
      } else {
        gone = false;
      }
      node = next;
    }
    return gone ? Poll<void>(kReady) : Poll<void>(kPending);
  }
  void Remove(Node* node) {
    (node->previous == nullptr ? all_ : node->previous->next) = node->next;
    if (node->next != nullptr) node->next->previous = node->previous;
    --size_;
    node->child.reset();
    node->Retire();  // late wakes do nothing
    node->Release();
  }

  internal::ReadyQueue* queue_;
  Node* all_ = nullptr;
  size_t size_ = 0;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_UNORDERED_H_
