// Terminated: tells who watches an actor that it has ended.
#ifndef ZOKIO_ACTOR_TERMINATED_H_
#define ZOKIO_ACTOR_TERMINATED_H_

#include "actor/actor_id.h"

namespace zokio {

struct Terminated {
  ActorId actor;
  bool failed = false;  // it ended because it had failed
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_TERMINATED_H_
