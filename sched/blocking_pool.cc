#include "sched/blocking_pool.h"

#include "base/check.h"
#include "sched/cores.h"
#include "sched/internal/pin_thread.h"

namespace zokio {

BlockingPool::BlockingPool(BlockingPoolOptions options)
    : options_(std::move(options)), cpus_(UsableCpus()) {
  ZOKIO_CHECK(options_.threads_max > 0, "a blocking pool without threads");
}

BlockingPool::~BlockingPool() { Shutdown(); }

Result<void> BlockingPool::Post(std::unique_ptr<BlockingJob> job) {
  std::list<Thread> ended;  // joined after the lock; they have left their loops
  MutexLock lock(mutex_);
  ended.swap(ended_);
  if (stopping_) {
    // The job's destructor is the caller's code: not under the lock.
    lock.Unlock();
    return Error(ErrorCode::kShutdown, "blocking job");
  }
  BlockingJob* raw = job.release();
  (last_ != nullptr ? last_->next_ : first_) = raw;
  last_ = raw;
  ++stats_.queued;
  // An idle thread that was notified stays counted as idle, and its job as queued, until it runs.
  if (static_cast<uint64_t>(stats_.idle) >= stats_.queued) {
    lock.Unlock();
    work_.NotifyOne();
    return {};
  }
  if (stats_.threads >= options_.threads_max) return {};
  Result<void> started = StartThread();
  // With others running, the job waits for one of them.
  if (started.ok() || stats_.threads > 0) return {};
  std::unique_ptr<BlockingJob> refused(PopLocked());
  ZOKIO_CHECK(refused.get() == raw && first_ == nullptr, "jobs waited without a thread");
  lock.Unlock();
  return started.error();
}

// Under the lock, so that the thread finds itself in the list.
Result<void> BlockingPool::StartThread() {
  auto self = threads_.emplace(threads_.end());
  Result<Thread> thread = Thread::Start(options_.thread_name, [this, self] { ThreadMain(self); });
  if (!thread.ok()) {
    threads_.erase(self);
    return thread.error();
  }
  *self = std::move(thread).value();
  ++stats_.threads;
  ++stats_.started;
  return {};
}

BlockingJob* BlockingPool::PopLocked() {
  BlockingJob* job = first_;
  if (job == nullptr) return nullptr;
  first_ = job->next_;
  if (first_ == nullptr) last_ = nullptr;
  --stats_.queued;
  return job;
}

void BlockingPool::ThreadMain(std::list<Thread>::iterator self) {
  // A worker that is bound to one processor may have started it.
  if (!cpus_.empty() && UsableCpus() != cpus_) (void)internal::PinThisThread(cpus_);
  MutexLock lock(mutex_);
  while (true) {
    if (std::unique_ptr<BlockingJob> job{PopLocked()}) {
      ++stats_.jobs;
      lock.Unlock();
      job->Run();
      job.reset();
      lock.Lock();
      continue;
    }
    if (stopping_) break;
    ++stats_.idle;
    bool notified =
        work_.WaitUntil(lock, SaturatingAdd(Clock::Monotonic().Now(), options_.keep_alive));
    --stats_.idle;
    if (!notified && first_ == nullptr) break;
  }
  ended_.splice(ended_.end(), threads_, self);
  // Under the lock: once it is released, the pool may go as soon as this thread is joined.
  if (--stats_.threads == 0) all_gone_.NotifyAll();
}

void BlockingPool::Shutdown() {
  std::list<Thread> ended;
  BlockingJob* dropped;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    dropped = std::exchange(first_, nullptr);
    last_ = nullptr;
    stats_.queued = 0;
  }
  work_.NotifyAll();
  while (dropped != nullptr) {
    std::unique_ptr<BlockingJob> job(dropped);
    dropped = job->next_;
  }
  MutexLock lock(mutex_);
  while (stats_.threads != 0) all_gone_.Wait(lock);
  ended.swap(ended_);
  lock.Unlock();
  ended.clear();  // joins
}

BlockingPoolStats BlockingPool::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

}  // namespace zokio
