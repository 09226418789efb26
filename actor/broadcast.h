// Broadcast(actors, message): tells all of them the same message, of which there is one.
//
//   zokio::Broadcast(workers_, Configuration{...});      // workers_: vector<ActorRef<Worker>>
//
// The handlers get it as a constant: by `const M&`, or by value, which copies. It lives until the
// last of them has handled it.
//
// Thread-safety: any thread. The message is destroyed on the thread of the last that handles it.
// Guarantees, bounds: as ActorRef::Tell, for each.
// Cost: one block for the message and one of 48 bytes for each actor.
#ifndef ZOKIO_ACTOR_BROADCAST_H_
#define ZOKIO_ACTOR_BROADCAST_H_

#include <type_traits>
#include <utility>

#include "actor/actor_ref.h"
#include "actor/internal/shared_envelope.h"
#include "base/check.h"

namespace zokio {

template <typename Actors, typename M>
void Broadcast(const Actors& actors, M&& message) {
  using Message = std::remove_cvref_t<M>;
  const internal::PayloadHolder<Message> holder(std::forward<M>(message));
  auto tell = [&]<typename A>(const ActorRef<A>& actor) {
    static_assert(Handles<A, Message>, "not among this actor's messages");
    static_assert(internal::TakesShared<A, Message>, "take it by `const M&`: others have it too");
    ZOKIO_CHECK(static_cast<bool>(actor), "a message to nobody");
    holder.SendTo(actor.id(), internal::kSharedType<A, Message>);
  };
  for (const auto& actor : actors) tell(actor);
}

}  // namespace zokio

#endif  // ZOKIO_ACTOR_BROADCAST_H_
