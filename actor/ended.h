// Ended(actor): a future that is ready once an actor has ended: it, its children, its last hook.
//
//   worker.Poison();
//   co_await zokio::Ended(worker);
//
// For who is no actor; an actor would Watch, and go on meanwhile.
//
// Cancellation: dropped, it leaves a word with the actor, which that forgets by and by.
// Cost: a message to the actor's home, two pooled blocks.
#ifndef ZOKIO_ACTOR_ENDED_H_
#define ZOKIO_ACTOR_ENDED_H_

#include <optional>

#include "actor/actor_id.h"
#include "actor/actor_ref.h"
#include "actor/internal/control.h"
#include "future/context.h"
#include "future/oneshot.h"
#include "future/poll.h"

namespace zokio {

class [[nodiscard]] EndedFuture {
 public:
  explicit EndedFuture(ActorId actor) : actor_(actor) {}

  Poll<void> poll(Context& context) {
    if (!end_.has_value()) {
      auto [sender, receiver] = MakeOneshot<bool>();
      end_.emplace(std::move(receiver));
      internal::SendAwaitEnd(actor_, std::move(sender));
    }
    // Whoever keeps the sender drops it at the end.
    return end_->poll(context).ready() ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  ActorId actor_;
  std::optional<OneshotReceiver<bool>> end_;
};

template <typename A>
EndedFuture Ended(ActorRef<A> actor) {
  return EndedFuture(actor.id());
}

}  // namespace zokio

#endif  // ZOKIO_ACTOR_ENDED_H_
