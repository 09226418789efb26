// ResultSlot<T>: room for what a task returns: nothing yet, a value, or the exception it threw.
//
// It stands in front of the coroutine frame, so that the frame can die at the end of the body while
// the result waits for whoever joins.
//
// Ownership: owns the value until Take or Destroy.  Thread-safety: a plain value; the task's state
// word hands it from the runner to the joiner.
#ifndef ZOKIO_FUTURE_RESULT_SLOT_H_
#define ZOKIO_FUTURE_RESULT_SLOT_H_

#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/exceptions.h"

namespace zokio::internal {

// What is stored for a T: references as pointers, void as an empty object.
struct Unit {};
template <typename T>
using Stored =
    std::conditional_t<std::is_void_v<T>, Unit,
                       std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>>;

// As wide as the id before it, so that one store makes both.
enum class SlotState : uint32_t {
  kUnowned,  // no Task owns the frame: not yet, or not any more
  kEmpty,    // owned; the body has not ended, or was cancelled
  kValue,
  kException,
};

template <typename T>
class ResultSlot {
 public:
  ResultSlot() {}   // NOLINT(modernize-use-equals-default): the union has members with constructors
  ~ResultSlot() {}  // NOLINT(modernize-use-equals-default): Destroy is explicit
  ResultSlot(const ResultSlot&) = delete;
  ResultSlot& operator=(const ResultSlot&) = delete;

  SlotState state() const { return state_; }
  // Nothing, neither a value nor an exception: the body has not ended, or was cancelled.
  bool empty() const { return state_ == SlotState::kEmpty; }
  // Of a slot whose state is kValue.
  const Stored<T>& value() const { return value_; }
  Stored<T>& value() { return value_; }
  void MarkOwned() { state_ = SlotState::kEmpty; }
  // The result, if any, is destroyed, and the end of the frame frees the block.
  void Disown() {
    Destroy();
    state_ = SlotState::kUnowned;
  }

  template <typename... Args>
  void Emplace(Args&&... args) {
    std::construct_at(std::addressof(value_), std::forward<Args>(args)...);
    state_ = SlotState::kValue;
  }

#if ZOKIO_EXCEPTIONS
  void SetException(std::exception_ptr exception) {
    // A body may have emplaced its value and then thrown out of a local's destructor.
    Destroy();
    std::construct_at(std::addressof(exception_), std::move(exception));
    state_ = SlotState::kException;
  }
#endif

  // Moves the value out, or rethrows.  REQUIRES: a value or an exception is there.
  T Take() {
#if ZOKIO_EXCEPTIONS
    if (state_ == SlotState::kException) {
      std::exception_ptr exception = std::move(exception_);
      Destroy();
      std::rethrow_exception(std::move(exception));
    }
#endif
    ZOKIO_DCHECK(state_ == SlotState::kValue, "a task's result was taken before its end, or twice");
    if constexpr (std::is_void_v<T>) {
      state_ = SlotState::kEmpty;
    } else if constexpr (std::is_reference_v<T>) {
      state_ = SlotState::kEmpty;
      return static_cast<T>(*value_);
    } else {
      // The guard destroys the moved-from value after the return value was made.
      struct Guard {
        ResultSlot* slot;
        ~Guard() { slot->Destroy(); }
      } guard{this};
      return std::move(value_);
    }
  }

  void Destroy() {
    SlotState state = std::exchange(state_, SlotState::kEmpty);
    if (state == SlotState::kValue) std::destroy_at(std::addressof(value_));
#if ZOKIO_EXCEPTIONS
    if (state == SlotState::kException) std::destroy_at(std::addressof(exception_));
#endif
  }

 private:
  // First, because the header in front finds it there: the task's id, once somebody asked for it
  // (TaskId).
  Atomic<uint32_t> id_{0};
  SlotState state_ = SlotState::kUnowned;
  union {
    Stored<T> value_;
#if ZOKIO_EXCEPTIONS
    std::exception_ptr exception_;
#endif
  };
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_RESULT_SLOT_H_
