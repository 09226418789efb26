#include "actor/internal/dispatchers.h"

#include <utility>

#include "actor/internal/loop_run.h"
#include "base/check.h"

namespace zokio::internal {

Result<ActorLoop*> Dispatchers::Find(const SpawnOptions& options) {
  switch (options.dispatcher()) {
    case SpawnOptions::Dispatcher::kPinned: {
      const uint32_t slots = options.ring_slots();
      if ((slots & (slots - 1)) != 0) return Error(ErrorCode::kInvalidArgument, "mailbox ring");
      MutexLock lock(mutex_);
      return FindVacant(pinned_[slots], options);
    }
    case SpawnOptions::Dispatcher::kBlocking: {
      MutexLock lock(mutex_);
      return FindVacant(blocking_, options);
    }
    case SpawnOptions::Dispatcher::kPool: {
      MutexLock lock(mutex_);
      if (options.pool() >= pools_.size()) return Error(ErrorCode::kInvalidArgument, "actor pool");
      Pool& pool = pools_[options.pool()];
      return &core_.loop(pool.first_loop + pool.next++ % pool.loops);
    }
    case SpawnOptions::Dispatcher::kShared:
      break;
  }
  if (const ActorId near_to = options.near_to()) {
    if (!IsAlive(near_to)) return Error(ErrorCode::kClosed, "spawn near an actor");
    return near_to.cell()->loop();
  }
  return &core_.NextLoop(options.node());
}

Result<ActorPool> Dispatchers::AddPool(int workers) {
  if (workers < 1) return Error(ErrorCode::kInvalidArgument, "actor pool");
  MutexLock lock(mutex_);
  const std::string name = "zokio-pool" + std::to_string(pools_.size());
  Result<uint32_t> first = StartGroup(workers, name, /*ring_slots=*/0);
  if (!first.ok()) return first.error();
  pools_.push_back(Pool{*first, static_cast<uint32_t>(workers)});
  return ActorPool(static_cast<uint32_t>(pools_.size() - 1));
}

// A loop of which nobody is the tenant; a new one where all have one.
// REQUIRES: the lock is held.
Result<ActorLoop*> Dispatchers::FindVacant(std::vector<ActorLoop*>& loops,
                                           const SpawnOptions& options) {
  if (!core_.accepting()) return Error(ErrorCode::kShutdown, "spawn");
  for (ActorLoop* loop : loops) {
    if (loop->TryRent()) return loop;
  }
  Result<uint32_t> index = options.dispatcher() == SpawnOptions::Dispatcher::kBlocking
                               ? StartBlockingLoop()
                               : StartGroup(1, "zokio-pinned", options.ring_slots());
  if (!index.ok()) return index.error();
  ActorLoop* loop = &core_.loop(*index);
  ZOKIO_CHECK(loop->TryRent(), "it is new");
  loops.push_back(loop);
  return loop;
}

Result<uint32_t> Dispatchers::StartGroup(int workers, std::string name, uint32_t ring_slots) {
  SchedulerOptions options;
  options.workers = workers;
  options.thread_name = std::move(name);
  options.stuck_poll_limit = Duration(0);  // who has threads of its own may use them as it likes
  Result<std::unique_ptr<Scheduler>> scheduler = Scheduler::Create(std::move(options));
  if (!scheduler.ok()) return scheduler.error();
  Result<uint32_t> first = core_.AddLoops(static_cast<uint32_t>(workers), ring_slots);
  if (!first.ok()) return first.error();
  for (int i = 0; i < workers; ++i) {
    StartLoop((*scheduler)->executor_on(i), core_.loop(*first + static_cast<uint32_t>(i)));
  }
  schedulers_.push_back(*std::move(scheduler));
  return *first;
}

Result<uint32_t> Dispatchers::StartBlockingLoop() {
  if (blocking_executor_ == nullptr) {
    Result<std::unique_ptr<BlockingExecutor>> executor =
        BlockingExecutor::Create(static_cast<int>(SystemCore::kAddedMax));
    if (!executor.ok()) return executor.error();
    blocking_executor_ = *std::move(executor);
  }
  Result<uint32_t> index = core_.AddLoops(1);
  if (index.ok()) {
    core_.loop(*index).NeverMute();
    StartLoop(*blocking_executor_, core_.loop(*index));
  }
  return index;
}

}  // namespace zokio::internal
