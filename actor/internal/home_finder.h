// HomeFinder: in which loop an actor with SpawnOptions is born. What makes threads stands behind
// it, so that actors need no scheduler to spawn.
#ifndef ZOKIO_ACTOR_INTERNAL_HOME_FINDER_H_
#define ZOKIO_ACTOR_INTERNAL_HOME_FINDER_H_

#include "actor/spawn_options.h"
#include "base/result.h"

namespace zokio::internal {

class ActorLoop;

class HomeFinder {
 public:
  virtual ~HomeFinder() = default;
  // Any thread.
  virtual Result<ActorLoop*> Find(const SpawnOptions& options) = 0;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_HOME_FINDER_H_
