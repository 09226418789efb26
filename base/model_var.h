// ModelVar<T>: a plain variable whose accesses the model checker watches for data races.
//
// For memory that threads share under a protocol of other atomics: a queue's slots, a value that a
// flag publishes. In production it is a T with two inlined functions and the same layout; under
// ZOKIO_MODEL each read and write is checked against the happens-before relation. It never makes
// a scheduling point, so annotating generously costs the exploration nothing.
//
// Thread-safety: none of its own; that is what is checked.
#ifndef ZOKIO_BASE_MODEL_VAR_H_
#define ZOKIO_BASE_MODEL_VAR_H_

#include <type_traits>
#include <utility>

#ifdef ZOKIO_MODEL
#include "base/model/variable.h"
#endif

namespace zokio {

#ifdef ZOKIO_MODEL
template <typename T>
using ModelVar = model::Var<T>;
#else

template <typename T>
class ModelVar {
 public:
  constexpr ModelVar() = default;
  constexpr explicit ModelVar(T value) : value_(std::move(value)) {}
  ModelVar(const ModelVar&) = delete;
  ModelVar& operator=(const ModelVar&) = delete;

  const T& Read() const { return value_; }
  void Write(T value) { value_ = std::move(value); }
  // Moves the value out: counts as a write.
  T Take() { return std::move(value_); }
  // For a change in place: counts as a write.
  T& Mutable() { return value_; }

 private:
  T value_{};
};

#endif  // ZOKIO_MODEL

}  // namespace zokio

#endif  // ZOKIO_BASE_MODEL_VAR_H_
