// BlockingRunner: where a loop has calls made that block, so that no worker does.
//
// The interface is the loop's; who has threads for such calls plugs them in by
// LoopOptions::blocking_runner (io/default_blocking_runner.h does it with sched's BlockingPool).
//
// Ownership: outlives the loops that use it.
// Thread-safety: Run from any thread.
// Cancellation: a call is made exactly once: with `run` on a thread that may block, or without,
//   from anywhere, where there is no such thread or the runner ends first.
#ifndef ZOKIO_IO_BLOCKING_RUNNER_H_
#define ZOKIO_IO_BLOCKING_RUNNER_H_

namespace zokio::io {

class BlockingRunner {
 public:
  using Call = void (*)(void* argument, bool run);

  virtual ~BlockingRunner() = default;
  virtual void Run(Call call, void* argument) = 0;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_BLOCKING_RUNNER_H_
