// Child<F>: a future that a combinator owns, from its first poll to its drop.
//
// It keeps the answer, or the exception, until the combinator hands it on, and destroys the future
// as soon as it is ready or withdrawn.
#ifndef ZOKIO_FUTURE_CHILD_H_
#define ZOKIO_FUTURE_CHILD_H_

#include <exception>
#include <optional>
#include <utility>

#include "base/exceptions.h"
#include "future/future.h"
#include "future/result_slot.h"

namespace zokio::internal {

template <Future F>
class Child {
 public:
  using Output = OutputOf<F>;

  explicit Child(F future) : future_(std::in_place, std::move(future)) {}
  // Movable until its first poll.
  Child(Child&& other) noexcept : future_(std::move(other.future_)) { other.future_.reset(); }
  ~Child() { result_.Destroy(); }

  bool running() const { return future_.has_value(); }
  bool failed() const { return result_.state() == SlotState::kException; }
  bool has_result() const { return result_.state() == SlotState::kValue || failed(); }

  // Polls if still running; true when the answer is there.
  bool Poll(Context& context) {
    if (!running()) return true;
#if ZOKIO_EXCEPTIONS
    try {
      PollOnce(context);
    } catch (...) {
      result_.SetException(std::current_exception());
      future_.reset();
    }
#else
    PollOnce(context);
#endif
    return !running();
  }

  // Withdraws the future; true when it is gone.
  bool Cancel(Context& context) {
    if (running() && PollCancel(*future_, context).ready()) future_.reset();
    return !running();
  }

  // The answer, left where it is.  REQUIRES: has_result() && !failed().
  const Stored<Output>& peek() const { return result_.value(); }

  // The answer, or the exception rethrown.  REQUIRES: has_result().
  Output Take() { return result_.Take(); }

 private:
  void PollOnce(Context& context) {
    auto poll = future_->poll(context);
    if (poll.pending()) return;
    if constexpr (std::is_void_v<Output>) {
      result_.Emplace();
    } else if constexpr (std::is_reference_v<Output>) {
      result_.Emplace(std::addressof(std::move(poll).value()));
    } else {
      result_.Emplace(std::move(poll).value());
    }
    future_.reset();
  }

  std::optional<F> future_;
  ResultSlot<Output> result_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_CHILD_H_
