// PollOperation: whether an operation is done; if not, keeps the waker.
//
// Thread-safety: the future that owns the operation, on any thread.
#ifndef ZOKIO_IO_INTERNAL_OPERATION_WAIT_H_
#define ZOKIO_IO_INTERNAL_OPERATION_WAIT_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "future/context.h"
#include "io/operation.h"

namespace zokio::io {

// The operation's result (a count or a negative errno) once it is done.
inline std::optional<int32_t> PollOperation(Operation* op, Context& context) {
  if (op->lock.IsSole()) return op->result;
  Waker old;
  SmallLockGuard guard(op->lock);
  if ((op->flags & kOpDone) != 0) return op->result;
  if (!op->waker.WillWake(context.waker())) {
    old = std::exchange(op->waker, context.waker().Clone());
  }
  return std::nullopt;  // the guard goes before `old`
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_OPERATION_WAIT_H_
