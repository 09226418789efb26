// An actor's timers: background tasks that send it a message.
#ifndef ZOKIO_ACTOR_INTERNAL_TIMERS_H_
#define ZOKIO_ACTOR_INTERNAL_TIMERS_H_

#include <utility>

#include "actor/actor_ref.h"
#include "actor/internal/loop.h"
#include "base/clock.h"
#include "future/sleep.h"
#include "future/task.h"

namespace zokio::internal {

template <typename A, typename M>
Task<void> TellLater(ActorRef<A> to, Duration delay, M message) {
  co_await SleepFor(delay);
  to.Tell(std::move(message));
}

// Without drift: by the instants at which it was due.
template <typename A, typename M>
Task<void> TellRepeatedly(ActorRef<A> to, Duration period, M message) {
  Instant due = SaturatingAdd(ActorLoop::Current()->context().timer()->Now(), period);
  while (true) {
    co_await SleepUntil(due);
    to.Tell(M(message));
    due = SaturatingAdd(due, period);
  }
}

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_TIMERS_H_
