// CancelSource, CancelToken, CancelCallback: asking many tasks to stop, as a tree.
//
//   zokio::CancelSource server;
//   zokio::CancelSource request(server.token());          // cancelled with its parent
//   auto answer = co_await zokio::WithCancel(request.token(), Handle(r));   // with_cancel.h
//   request.Cancel();
//   if (token.cancelled()) ...;  co_await token.Cancelled();  zokio::CancelCallback on(token, f);
//
// Cancelling a source cancels all that were made of it, for good. Dropping one does nothing.
//
// Ownership: sources and tokens are shares of a node; a node holds its parent.
// Thread-safety: all functions, from any thread.
// Memory ordering: what was done before Cancel is seen by whoever sees it.
// Cancellation: a dropped Cancelled() leaves the queue.
// Cost: one pooled block a source; asking is one load; Cancel a short lock for each node, no
//   allocation.
#ifndef ZOKIO_FUTURE_CANCELLATION_H_
#define ZOKIO_FUTURE_CANCELLATION_H_

#include <cstdint>
#include <functional>
#include <utility>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "future/wait_queue.h"

namespace zokio {

class CancelCallback;

namespace internal {

// A place in the tree. The parent's list names its children without owning them; a child that dies
// leaves it. All fields but the counts and `cancelled` are under the lock of `waiting`; a node's
// place in its parent's list under the parent's.
class CancelNode {
 public:
  static CancelNode* Make(CancelNode* parent, Instant deadline);
  void Retain() { references_.fetch_add(1, memory_order_relaxed); }
  void Release();

  void Cancel();
  bool cancelled() const { return cancelled_.load(memory_order_acquire); }
  Instant deadline() const { return deadline_; }
  WaitQueue& waiting() { return waiting_; }

  // False when it is cancelled already: the caller runs the callback itself.
  bool Register(CancelCallback* callback);
  // When it returns, the callback does not and will not run, but on this thread.
  void Unregister(CancelCallback* callback);

 private:
  CancelNode(CancelNode* parent, Instant deadline) : parent_(parent), deadline_(deadline) {}
  ~CancelNode() = default;

  bool TryRetain();
  void Attach();
  // Cancels this one; its children, retained, are put in front of `*children`.
  void CancelOne(CancelNode** children);
  void RunCallbacks();

  Atomic<uint32_t> references_{1};
  Atomic<bool> cancelled_{false};
  CancelNode* const parent_;
  const Instant deadline_;
  CancelNode* sibling_previous_ = nullptr;  // under the parent's lock
  CancelNode* sibling_next_ = nullptr;
  bool linked_ = false;
  WaitQueue waiting_;
  CondVar callback_done_;
  CancelNode* children_ = nullptr;
  CancelCallback* callbacks_ = nullptr;
  CancelCallback* running_ = nullptr;  // the callback that runs now
  const void* runner_ = nullptr;       // and the thread it runs on
};

}  // namespace internal

// Watches a source. Copyable; an empty one is never cancelled.
class CancelToken {
 public:
  class [[nodiscard]] CancelledFuture {
   public:
    explicit CancelledFuture(internal::CancelNode* node) : node_(node) {
      if (node_ != nullptr) node_->Retain();
    }
    // Movable until its first poll.
    CancelledFuture(CancelledFuture&& other) noexcept : CancelledFuture(other.node_) {
      ZOKIO_DCHECK(other.wait_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~CancelledFuture() {
      if (node_ == nullptr) return;
      node_->waiting().Withdraw(wait_);
      node_->Release();
    }
    Poll<void> poll(Context& context) noexcept {
      if (node_ == nullptr) return kPending;
      return node_->waiting().PollWait(wait_, context, [this] { return node_->cancelled(); });
    }

   private:
    internal::CancelNode* node_;
    internal::WaitNode wait_;
  };

  CancelToken() = default;
  explicit CancelToken(internal::CancelNode* node) : node_(node) {
    if (node_ != nullptr) node_->Retain();
  }
  CancelToken(const CancelToken& other) noexcept : CancelToken(other.node_) {}
  CancelToken(CancelToken&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  CancelToken& operator=(CancelToken other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~CancelToken() {
    if (node_ != nullptr) node_->Release();
  }

  bool cancelled() const { return node_ != nullptr && node_->cancelled(); }
  // Ready once it is cancelled; never, for an empty token.
  CancelledFuture Cancelled() const { return CancelledFuture(node_); }
  // The earliest deadline of the source and those above it, kNever without. Who set it keeps it
  // (with_cancel.h); a token only tells.
  Instant deadline() const { return node_ == nullptr ? kNever : node_->deadline(); }

 private:
  friend class CancelSource;
  friend class CancelCallback;
  internal::CancelNode* node_ = nullptr;
};

class CancelSource {
 public:
  CancelSource() : node_(internal::CancelNode::Make(nullptr, kNever)) {}
  // Cancelled with `parent`, at once if that is cancelled already.
  explicit CancelSource(const CancelToken& parent, Instant deadline = kNever)
      : node_(internal::CancelNode::Make(parent.node_, deadline)) {}
  CancelSource(CancelSource&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  CancelSource& operator=(CancelSource&& other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~CancelSource() {
    if (node_ != nullptr) node_->Release();
  }

  // Cancels all that were made of it: wakes those who wait and runs the callbacks, on this thread,
  // outside locks. Idempotent.
  void Cancel() { node_->Cancel(); }
  bool cancelled() const { return node_->cancelled(); }
  CancelToken token() const { return CancelToken(node_); }

 private:
  internal::CancelNode* node_;
};

// Runs a function when the token is cancelled, on the cancelling thread; at once if it is already.
//
// Lifetime: when the destructor returns, the function does not run and will not (it waits for a run
//   on another thread), so what it refers to may die.
// Errors: the function throws nothing.
class CancelCallback {
 public:
  CancelCallback(CancelToken token, std::function<void()> function)
      : token_(std::move(token)), function_(std::move(function)) {
    if (token_.node_ != nullptr && !token_.node_->Register(this)) function_();
  }
  CancelCallback(const CancelCallback&) = delete;
  CancelCallback& operator=(const CancelCallback&) = delete;
  ~CancelCallback() {
    if (token_.node_ != nullptr) token_.node_->Unregister(this);
  }

 private:
  friend class internal::CancelNode;

  CancelToken token_;
  std::function<void()> function_;
  CancelCallback* previous_ = nullptr;
  CancelCallback* next_ = nullptr;
  bool linked_ = false;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_CANCELLATION_H_
