// DoNothing: an operation that goes to the kernel and back: what the way itself costs.
//
// On a backend that has none, a thread that may block answers.
//
// Ownership, cancellation: as FileFuture.  Errors: kWrongThread, kOutOfMemory, kShutdown.
#ifndef ZOKIO_IO_NOTHING_H_
#define ZOKIO_IO_NOTHING_H_

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/internal/file_call.h"

namespace zokio::io {

class [[nodiscard]] DoNothing {
 public:
  DoNothing() : call_(OpKind::kNothing, "nothing", std::unique_ptr<FileArguments>(), {}) {}
  DoNothing(DoNothing&&) = default;

  Poll<Result<void>> poll(Context& context) {
    Poll<Result<int32_t>> poll = call_.PollResult(context);
    if (poll.pending()) return kPending;
    if (!poll.value().ok()) return Result<void>(poll.value().error());
    return Result<void>();
  }

  // See Chain.
  bool LinksOn(const io::Loop& loop) const { return call_.LinksOn(loop); }
  bool started() const { return call_.started(); }
  void Hold() { call_.Hold(); }

 private:
  FileCall call_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_NOTHING_H_
