// CreateLoop: a loop on the backend that the options, the environment and the system allow.
//
// The ladder: what the options ask for; else what ZOKIO_IO_BACKEND asks for (auto, io_uring,
// epoll); else io_uring where every step it needs is granted, epoll otherwise. A backend that was
// asked for by name and is denied is an error, not a silent fallback.
//
// Thread-safety: any thread; the loop binds to a thread by Attach.
// Errors: kUnsupported (denied), kInvalidArgument (ZOKIO_IO_BACKEND holds something else),
//   kTooManyFiles, kOutOfMemory.
#ifndef ZOKIO_IO_CREATE_LOOP_H_
#define ZOKIO_IO_CREATE_LOOP_H_

#include "base/result.h"
#include "io/loop.h"
#include "io/loop_options.h"

namespace zokio::io {

// What was decided, for all loops of one runtime. Probing is done once.
class BackendPlan {
 public:
  static Result<BackendPlan> Make(const LoopOptions& options);

  const BackendReport& report() const;
  Result<LoopPtr> CreateLoop() const;

 private:
  struct State;
  explicit BackendPlan(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

// Plans and creates one loop.
Result<LoopPtr> CreateLoop(const LoopOptions& options);

// What the plan would be, as text for people; also when there would be none.
std::string Describe(const LoopOptions& options = LoopOptions());

}  // namespace zokio::io

#endif  // ZOKIO_IO_CREATE_LOOP_H_
