// How a control message is made of a struct with `void Run(ActorLoop&, ActorCell&)`, a `kName`, and
// optionally `void TargetGone(ActorId target)` for where it comes too late.
#ifndef ZOKIO_ACTOR_INTERNAL_CONTROL_MESSAGE_H_
#define ZOKIO_ACTOR_INTERNAL_CONTROL_MESSAGE_H_

#include <utility>

#include "actor/actor_id.h"
#include "actor/internal/envelope.h"
#include "actor/internal/loop.h"

namespace zokio::internal {

template <typename C>
struct ControlOf {
  using E = MessageEnvelope<C>;

  static void Deliver(ActorLoop& loop, ActorCell& cell, Envelope* envelope) {
    C control = std::move(static_cast<E*>(envelope)->message);
    FreeEnvelope<E>(envelope);  // first: the cell may be gone afterwards
    control.Run(loop, cell);
  }
  static void Discard(Envelope* envelope) {
    if constexpr (requires(C& control) { control.TargetGone(ActorId()); }) {
      static_cast<E*>(envelope)->message.TargetGone(
          ActorId(envelope->target, envelope->generation));
    }
    FreeEnvelope<E>(envelope);
  }
  static constexpr MessageType Type(Lane lane) {
    return {lane, &Deliver, &Discard, C::kName, true};
  }
  static constexpr MessageType kType = Type(Lane::kSystem);
  static constexpr MessageType kMailType = Type(Lane::kMail);
};

template <typename C>
void PostControl(ActorId target, C control, const MessageType* type = &ControlOf<C>::kType) {
  if (!target) return;
  auto* envelope = MakeEnvelope<MessageEnvelope<C>>(std::move(control));
  envelope->type = type;
  envelope->target = target.cell();
  envelope->generation = target.generation();
  ActorLoop::Send(envelope);
}

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_CONTROL_MESSAGE_H_
