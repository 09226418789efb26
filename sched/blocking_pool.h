// BlockingPool: threads for calls that block, so that no worker does.
//
//   zokio::BlockingPool pool;
//   zokio::Result<int> size = co_await pool.Spawn([path] { return SlowSystemCall(path); });
//
// Threads start as jobs come and nobody is idle, up to a limit; beyond it jobs wait in order. A
// thread without work for the keep-alive time ends. A pool that was never used has no thread.
//
// Ownership: owns threads and queued jobs; a handle owns the way to its result.
// Thread-safety: every function from any thread; Shutdown and the destructor not from a job.
// Memory ordering: what was done before the submission is seen by the job, what the job did is
//   seen after its handle is ready.
// Cancellation: dropping a handle withdraws a job that has not begun; one that has begun runs to
//   its end, and its result is dropped. A posted job always runs, unless the pool shuts down first.
// Errors: kShutdown for a job that the pool took no more; what the system says where it gives no
//   thread and none is running. An exception of the callable is rethrown where the handle is
//   awaited.
// Cost: two allocations a job, one lock, one wake-up; a thread's start where the pool grows.
#ifndef ZOKIO_SCHED_BLOCKING_POOL_H_
#define ZOKIO_SCHED_BLOCKING_POOL_H_

#include <chrono>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/exceptions.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread.h"
#include "future/oneshot.h"

namespace zokio {

struct BlockingPoolOptions {
  BlockingPoolOptions() = default;

  int threads_max = 128;
  // A thread that had nothing to do for so long ends.
  Duration keep_alive = std::chrono::seconds(10);
  std::string thread_name = "zokio-block";
};

struct BlockingPoolStats {
  int threads = 0;
  int idle = 0;
  uint64_t queued = 0;   // now
  uint64_t started = 0;  // threads, since the beginning
  uint64_t jobs = 0;     // run, since the beginning
};

// What the pool runs once and destroys afterwards, or destroys without running at a shutdown.
class BlockingJob {
 public:
  virtual ~BlockingJob() = default;
  virtual void Run() = 0;

 private:
  friend class BlockingPool;
  BlockingJob* next_ = nullptr;
};

namespace internal {

// How a callable ended.
template <typename T>
struct BlockingOutcome {
  std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> value;
#if ZOKIO_EXCEPTIONS
  std::exception_ptr exception;
#endif
};

}  // namespace internal

// The result of a job, to be awaited.
template <typename T>
class [[nodiscard]] BlockingHandle {
 public:
  using Outcome = internal::BlockingOutcome<T>;

  BlockingHandle(OneshotReceiver<Outcome> receiver, Error refusal)
      : receiver_(std::move(receiver)), refusal_(refusal) {}

  Poll<Result<T>> poll(Context& context) {
    Poll<Result<Outcome>> poll = receiver_.poll(context);
    if (poll.pending()) return kPending;
    if (!poll.value().ok()) return Result<T>(refusal_);
    Outcome& outcome = *poll.value();
#if ZOKIO_EXCEPTIONS
    if (outcome.exception) std::rethrow_exception(std::move(outcome.exception));
#endif
    if constexpr (std::is_void_v<T>) {
      return Result<void>();
    } else {
      return Result<T>(*std::move(outcome.value));
    }
  }

 private:
  OneshotReceiver<Outcome> receiver_;
  Error refusal_;  // the answer where the job was dropped without having run
};

class BlockingPool {
 public:
  explicit BlockingPool(BlockingPoolOptions options = BlockingPoolOptions());
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;
  ~BlockingPool();

  // Runs `callable()` on a thread of the pool.
  template <typename Callable, typename T = std::invoke_result_t<std::decay_t<Callable>&>>
  BlockingHandle<T> Spawn(Callable&& callable);

  // Runs a job of which nobody waits for the end.
  Result<void> Post(std::unique_ptr<BlockingJob> job);

  // Takes no more jobs, drops those that wait, waits for those that run. Idempotent.
  void Shutdown();

  BlockingPoolStats stats() const;

 private:
  template <typename Callable, typename T>
  class CallJob;

  void ThreadMain(std::list<Thread>::iterator self);
  Result<void> StartThread();
  BlockingJob* PopLocked();

  const BlockingPoolOptions options_;
  const std::vector<int> cpus_;  // where its maker may run, and so its threads
  mutable Mutex mutex_;
  CondVar work_;      // a job was queued, or the pool stops
  CondVar all_gone_;  // the last thread left
  BlockingJob* first_ = nullptr;
  BlockingJob* last_ = nullptr;
  BlockingPoolStats stats_;
  bool stopping_ = false;
  std::list<Thread> threads_;
  std::list<Thread> ended_;  // to be joined by whoever comes next
};

template <typename Callable, typename T>
class BlockingPool::CallJob final : public BlockingJob {
 public:
  using Outcome = internal::BlockingOutcome<T>;

  template <typename C>
  CallJob(C&& callable, OneshotSender<Outcome> sender)
      : callable_(std::forward<C>(callable)), sender_(std::move(sender)) {}

  void Run() override {
    if (sender_.receiver_gone()) return;
    Outcome outcome;
#if ZOKIO_EXCEPTIONS
    try {
      Call(outcome);
    } catch (...) {
      outcome.exception = std::current_exception();
    }
#else
    Call(outcome);
#endif
    std::move(sender_).Send(std::move(outcome));
  }

 private:
  void Call(Outcome& outcome) {
    if constexpr (std::is_void_v<T>) {
      std::invoke(callable_);
      outcome.value.emplace();
    } else {
      outcome.value.emplace(std::invoke(callable_));
    }
  }

  Callable callable_;
  OneshotSender<Outcome> sender_;
};

template <typename Callable, typename T>
BlockingHandle<T> BlockingPool::Spawn(Callable&& callable) {
  auto [sender, receiver] = MakeOneshot<internal::BlockingOutcome<T>>();
  using Job = CallJob<std::decay_t<Callable>, T>;
  Result<void> posted =
      Post(std::make_unique<Job>(std::forward<Callable>(callable), std::move(sender)));
  return BlockingHandle<T>(std::move(receiver), posted.ok()
                                                    ? Error(ErrorCode::kShutdown, "blocking job")
                                                    : posted.error());
}

}  // namespace zokio

#endif  // ZOKIO_SCHED_BLOCKING_POOL_H_
