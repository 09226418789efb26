// The process's BlockingRunner, and how to make one of a BlockingPool.
//
// The default's threads start when the first file operation needs one and end when idle; most
// programs on io_uring never start any.
//
// Thread-safety: any thread.  Cost: as BlockingPool: one allocation, one lock, one wake-up a call.
#ifndef ZOKIO_IO_DEFAULT_BLOCKING_RUNNER_H_
#define ZOKIO_IO_DEFAULT_BLOCKING_RUNNER_H_

#include "io/blocking_runner.h"
#include "sched/blocking_pool.h"

namespace zokio::io {

// Makes calls on the threads of a pool, which must outlive it.
class PoolBlockingRunner final : public BlockingRunner {
 public:
  explicit PoolBlockingRunner(BlockingPool* pool) : pool_(pool) {}
  void Run(Call call, void* argument) override;

 private:
  BlockingPool* pool_;
};

BlockingRunner* DefaultBlockingRunner();

}  // namespace zokio::io

#endif  // ZOKIO_IO_DEFAULT_BLOCKING_RUNNER_H_
