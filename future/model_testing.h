// For model tests: a thread that waits for a future, with the checker's Parker under its waker.
#ifndef ZOKIO_FUTURE_MODEL_TESTING_H_
#define ZOKIO_FUTURE_MODEL_TESTING_H_

#include <utility>

#include "base/parker.h"
#include "future/context.h"
#include "future/waker.h"

namespace zokio::testing {

// One thread's place to sleep. Its wakers own no share, so it outlives them all: make it before
// what it waits for.
class ThreadContext {
 public:
  ThreadContext() { environment_.budget = kPollBudget; }

  Context& context() { return context_; }
  void Park() { parker_.Park(); }

  // Polls until ready, asleep in between.
  template <typename Future>
  auto Wait(Future& future) {
    while (true) {
      auto poll = future.poll(context_);
      if (poll.ready()) return poll;
      parker_.Park();
    }
  }

 private:
  static Waker Clone(void* data) { return Waker(&kVtable, data); }
  static void Wake(void* data) { static_cast<ThreadContext*>(data)->parker_.Unpark(); }
  static void Drop(void*) {}
  static constexpr WakerVtable kVtable{&Clone, &Wake, &Wake, &Drop};

  Parker parker_;
  PollEnvironment environment_;
  Waker waker_{&kVtable, this};
  Context context_{waker_, environment_};
};

}  // namespace zokio::testing

#endif  // ZOKIO_FUTURE_MODEL_TESTING_H_
