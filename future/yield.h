// Yield: lets every other task that is ready run before this one goes on.
//
//   for (auto& item : items) { Work(item); co_await zokio::Yield(); }
//
// Cost: no allocation; one pass through the executor's queue. A task awaits it without polling it.
#ifndef ZOKIO_FUTURE_YIELD_H_
#define ZOKIO_FUTURE_YIELD_H_

#include <coroutine>

#include "future/context.h"
#include "future/leaf_await.h"
#include "future/poll.h"
#include "future/polled_once.h"

namespace zokio {

namespace internal {

// What `co_await Yield()` does in a task: asks to be queued again, and is ready at the next poll.
class YieldAwaiter : private LeafAwait {
 public:
  explicit YieldAwaiter(TaskRoot* root) : LeafAwait{&kVtable, {}}, root_(root) {}
  YieldAwaiter(YieldAwaiter&&) = delete;  // the root points here while suspended

  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) noexcept {
    continuation = coroutine;
    root_->leaf = this;
    root_->context->RequestRequeue();
  }
  void await_resume() noexcept {}

 private:
  static bool PollLeaf(LeafAwait*, Context&) { return true; }
  static constexpr LeafVtable kVtable{&PollLeaf, nullptr, "zokio::Yield"};

  TaskRoot* root_;
};

}  // namespace internal

class [[nodiscard]] Yield {
 public:
  Poll<void> poll(Context& context) noexcept {
    once_.Check("a Yield was polled after it was ready");
    if (yielded_) {
      once_.Answered();
      return kReady;
    }
    yielded_ = true;
    context.RequestRequeue();
    return kPending;
  }

  internal::YieldAwaiter AwaitInPlace(TaskRoot* root) && { return internal::YieldAwaiter(root); }

 private:
  bool yielded_ = false;
  internal::PolledOnce once_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_YIELD_H_
