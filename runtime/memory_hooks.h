// MemoryHooks: gives the memory package its turns on every worker, then the user their own.
//
// What other workers freed comes home at ticks and before a worker sleeps, so that memory does not
// gather where nobody allocates. A worker that has slept for the idle period gives what it does not
// need back to the kernel, once per idle spell.
#ifndef ZOKIO_RUNTIME_MEMORY_HOOKS_H_
#define ZOKIO_RUNTIME_MEMORY_HOOKS_H_

#include "mem/allocator.h"
#include "mem/buffer.h"
#include "mem/frame_pool.h"
#include "sched/worker_hooks.h"

namespace zokio::internal {

class MemoryHooks final : public WorkerHooks {
 public:
  // `user` may be null and outlives this.
  explicit MemoryHooks(WorkerHooks* user, bool decay = true) : user_(user), decay_(decay) {}

  void OnThreadStart(int worker) override {
    if (user_ != nullptr) user_->OnThreadStart(worker);
  }
  void OnTick(int worker) override {
    DrainAll();
    if (user_ != nullptr) user_->OnTick(worker);
  }
  bool BeforePark(int worker) override {
    DrainAll();
    return user_ != nullptr && user_->BeforePark(worker);
  }
  void OnIdle(int worker) override {
    DrainAll();
    if (decay_) DecayMemory();
    if (user_ != nullptr) user_->OnIdle(worker);
  }
  void OnThreadExit(int worker) override {
    if (user_ != nullptr) user_->OnThreadExit(worker);
    FramePool::FlushThread();
  }

 private:
  static void DrainAll() {
    Buffer::DrainRemote();  // first: the blocks of buffers are the frame pool's
    FramePool::DrainRemote();
    DrainRemoteFrees();
  }

  WorkerHooks* const user_;
  const bool decay_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_RUNTIME_MEMORY_HOOKS_H_
