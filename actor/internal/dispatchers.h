// Dispatchers: the loops of a system beside those of its workers, and the threads they run on.
//
// A pinned actor has a loop on a scheduler of one worker; one that blocks has a loop whose turns
// are jobs of a blocking pool. Once it has ended, its loop serves the next of its kind. A pool's
// loops are a group of their own.
//
// Ownership: owns schedulers and pool. REQUIRES at its end: all loops of the system have ended.
// Thread-safety: any thread.
// Cost: a thread at the first of each kind; nothing for a system that uses none.
#ifndef ZOKIO_ACTOR_INTERNAL_DISPATCHERS_H_
#define ZOKIO_ACTOR_INTERNAL_DISPATCHERS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actor/internal/blocking_executor.h"
#include "actor/internal/home_finder.h"
#include "actor/internal/loop.h"
#include "actor/internal/system_core.h"
#include "actor/spawn_options.h"
#include "base/mutex.h"
#include "base/result.h"
#include "sched/scheduler.h"

namespace zokio::internal {

class Dispatchers final : public HomeFinder {
 public:
  explicit Dispatchers(SystemCore& core) : core_(core) {}

  Result<ActorLoop*> Find(const SpawnOptions& options) override;
  Result<ActorPool> AddPool(int workers);

 private:
  struct Pool {
    uint32_t first_loop;
    uint32_t loops;
    uint32_t next = 0;
  };

  Result<ActorLoop*> FindVacant(std::vector<ActorLoop*>& loops, const SpawnOptions& options);
  Result<uint32_t> StartGroup(int workers, std::string name, uint32_t ring_slots);
  Result<uint32_t> StartBlockingLoop();

  SystemCore& core_;
  Mutex mutex_;
  std::map<uint32_t, std::vector<ActorLoop*>> pinned_;  // by the slots of their rings
  std::vector<ActorLoop*> blocking_;
  std::vector<Pool> pools_;
  std::unique_ptr<BlockingExecutor> blocking_executor_;
  std::vector<std::unique_ptr<Scheduler>> schedulers_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_DISPATCHERS_H_
