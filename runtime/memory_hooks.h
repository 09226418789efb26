// MemoryHooks: gives the frame pool its turns on every worker, then those of the user.
//
// Frames freed by other workers come home at ticks and before a worker sleeps, so that memory
// does not gather where nobody allocates.
#ifndef ZOKIO_RUNTIME_MEMORY_HOOKS_H_
#define ZOKIO_RUNTIME_MEMORY_HOOKS_H_

#include "mem/frame_pool.h"
#include "sched/worker_hooks.h"

namespace zokio::internal {

class MemoryHooks final : public WorkerHooks {
 public:
  // `user` may be null and outlives this.
  explicit MemoryHooks(WorkerHooks* user) : user_(user) {}

  void OnThreadStart(int worker) override {
    if (user_ != nullptr) user_->OnThreadStart(worker);
  }
  void OnTick(int worker) override {
    FramePool::DrainRemote();
    if (user_ != nullptr) user_->OnTick(worker);
  }
  bool BeforePark(int worker) override {
    FramePool::DrainRemote();
    return user_ != nullptr && user_->BeforePark(worker);
  }
  void OnIdle(int worker) override {
    if (user_ != nullptr) user_->OnIdle(worker);
  }
  void OnThreadExit(int worker) override {
    if (user_ != nullptr) user_->OnThreadExit(worker);
    FramePool::FlushThread();
  }

 private:
  WorkerHooks* const user_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_RUNTIME_MEMORY_HOOKS_H_
