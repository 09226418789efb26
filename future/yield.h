// Yield: lets every other task that is ready run before this one goes on.
//
//   for (auto& item : items) { Work(item); co_await zokio::Yield(); }
//
// Cost: no allocation; one pass through the executor's queue.
#ifndef ZOKIO_FUTURE_YIELD_H_
#define ZOKIO_FUTURE_YIELD_H_

#include "future/context.h"
#include "future/poll.h"
#include "future/polled_once.h"

namespace zokio {

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

 private:
  bool yielded_ = false;
  internal::PolledOnce once_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_YIELD_H_
