// model::Var<T>: ModelVar under the model checker.
#ifndef ZOKIO_BASE_MODEL_VARIABLE_H_
#define ZOKIO_BASE_MODEL_VARIABLE_H_

#include <type_traits>
#include <utility>

#include "base/model/engine.h"

namespace zokio::model {

template <typename T>
class Var {
 public:
  constexpr Var() : Var(T{}) {}
  constexpr explicit Var(T value, SourceLocation where = SourceLocation::current())
      : value_(std::move(value)) {
    if (std::is_constant_evaluated()) return;
    if (Engine* engine = CurrentEngine()) {
      engine->Construct(ObjectKind::kVariable, &value_, sizeof value_, where);
    }
  }
  Var(const Var&) = delete;
  Var& operator=(const Var&) = delete;

  const T& Read(SourceLocation where = SourceLocation::current()) const {
    Access(false, where);
    return value_;
  }
  void Write(T value, SourceLocation where = SourceLocation::current()) {
    Access(true, where);
    value_ = std::move(value);
  }
  T Take(SourceLocation where = SourceLocation::current()) {
    Access(true, where);
    return std::move(value_);
  }
  T& Mutable(SourceLocation where = SourceLocation::current()) {
    Access(true, where);
    return value_;
  }

 private:
  void Access(bool write, SourceLocation where) const {
    if (Engine* engine = CurrentEngine()) {
      engine->Access(const_cast<T*>(&value_), sizeof value_, write, where);
    }
  }

  T value_;
};

}  // namespace zokio::model

#endif  // ZOKIO_BASE_MODEL_VARIABLE_H_
