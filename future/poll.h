// Poll<T>: what a future answers: not yet, or a value.
//
// A future whose poll answered pending has stored the waker it was given and will call it when
// asking again makes sense. A future whose poll answered ready must not be polled again.
//
// Ownership: holds its T.  Thread-safety: a plain value.  Cost: T and a flag; no allocation.
#ifndef ZOKIO_FUTURE_POLL_H_
#define ZOKIO_FUTURE_POLL_H_

#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace zokio {

struct PendingTag {};
struct ReadyTag {};

// `return kPending;` in any poll; `return kReady;` in a poll of Poll<void>.
inline constexpr PendingTag kPending{};
inline constexpr ReadyTag kReady{};

template <typename T>
class [[nodiscard]] Poll {
 public:
  using value_type = T;

  // NOLINTBEGIN(google-explicit-constructor): `return kPending;` and `return value;` are the idiom.
  constexpr Poll(PendingTag) {}
  template <typename U = T>
    requires(std::is_constructible_v<T, U> && !std::is_same_v<std::remove_cvref_t<U>, Poll> &&
             !std::is_same_v<std::remove_cvref_t<U>, PendingTag>)
  constexpr Poll(U&& value) : value_(std::in_place, std::forward<U>(value)) {}
  // NOLINTEND(google-explicit-constructor)

  constexpr bool ready() const { return value_.has_value(); }
  constexpr bool pending() const { return !value_.has_value(); }

  // REQUIRES: ready().
  constexpr T& value() & {
    ZOKIO_DCHECK(ready(), "value of a pending Poll");
    return *value_;
  }
  constexpr const T& value() const& {
    ZOKIO_DCHECK(ready(), "value of a pending Poll");
    return *value_;
  }
  constexpr T&& value() && { return std::move(value()); }

 private:
  std::optional<T> value_;
};

template <>
class [[nodiscard]] Poll<void> {
 public:
  using value_type = void;

  // NOLINTBEGIN(google-explicit-constructor): as above.
  constexpr Poll(PendingTag) {}
  constexpr Poll(ReadyTag) : ready_(true) {}
  // NOLINTEND(google-explicit-constructor)

  constexpr bool ready() const { return ready_; }
  constexpr bool pending() const { return !ready_; }
  constexpr void value() const {}

 private:
  bool ready_ = false;
};

// A future may yield a reference; it stays the reader's business that the object lives.
template <typename T>
class [[nodiscard]] Poll<T&> {
 public:
  using value_type = T&;

  // NOLINTBEGIN(google-explicit-constructor): as above.
  constexpr Poll(PendingTag) {}
  constexpr Poll(T& value) : value_(&value) {}
  // NOLINTEND(google-explicit-constructor)

  constexpr bool ready() const { return value_ != nullptr; }
  constexpr bool pending() const { return value_ == nullptr; }
  constexpr T& value() const {
    ZOKIO_DCHECK(ready(), "value of a pending Poll");
    return *value_;
  }

 private:
  T* value_ = nullptr;
};

template <typename T>
inline constexpr bool kIsPoll = false;
template <typename T>
inline constexpr bool kIsPoll<Poll<T>> = true;

}  // namespace zokio

#endif  // ZOKIO_FUTURE_POLL_H_
