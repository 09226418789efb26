// Result<T>: a value or an Error. Result<void>: success or an Error.
//
// The house's way to fail: returned, never thrown. Reading the value of a failure (or the error
// of a success) is a defect of the caller and fails a CHECK.
//
// Ownership: holds its T; moves when T moves, copies when T copies. A moved-from Result keeps its
// state (ok or not) with a moved-from value, as std::optional does.
// Thread-safety: a plain value.
#ifndef ZOKIO_BASE_RESULT_H_
#define ZOKIO_BASE_RESULT_H_

#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace zokio {

template <typename T>
class Result;

template <typename T>
inline constexpr bool kIsResult = false;
template <typename T>
inline constexpr bool kIsResult<Result<T>> = true;

template <typename T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T>, "Result<T&>: hold a pointer");
  static_assert(!std::is_same_v<std::remove_cv_t<T>, Error>, "Result<Error> is ambiguous");

 public:
  using value_type = T;

  // NOLINTBEGIN(google-explicit-constructor): `return value;` and `return error;` are the idiom.
  Result(Error error) : state_(std::in_place_index<1>, error) {}
  // Not a Result<bool> of another Result, whose failure would be a value then: false.
  template <typename U = T>
    requires(std::is_constructible_v<T, U> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !(std::is_same_v<std::remove_cv_t<T>, bool> && kIsResult<std::remove_cvref_t<U>>))
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  // NOLINTEND(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() & {
    CheckOk();
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    CheckOk();
    return *std::get_if<0>(&state_);
  }
  T&& value() && { return std::move(value()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  template <typename U>
  T value_or(U&& otherwise) && {
    return ok() ? std::move(value()) : static_cast<T>(std::forward<U>(otherwise));
  }

  // REQUIRES: !ok().
  const Error& error() const {
    ZOKIO_CHECK(!ok(), "error() of a Result that succeeded");
    return *std::get_if<1>(&state_);
  }

 private:
  void CheckOk() const { ZOKIO_CHECK(ok(), "value of a Result that failed"); }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `return error;` is the idiom.
  Result(Error error) : error_(error), ok_(false) {}

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }

  // REQUIRES: ok().
  void value() const { ZOKIO_CHECK(ok_, "value of a Result that failed"); }

  // REQUIRES: !ok().
  const Error& error() const {
    ZOKIO_CHECK(!ok_, "error() of a Result that succeeded");
    return error_;
  }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace zokio

#endif  // ZOKIO_BASE_RESULT_H_
