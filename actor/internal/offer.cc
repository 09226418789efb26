#include "actor/internal/offer.h"

#include <utility>

#include "actor/internal/loop.h"

namespace zokio::internal {
namespace {

struct Offer : Envelope {
  Offer(Envelope* offered, OneshotSender<bool> sender)
      : message(offered), admitted(std::move(sender)) {}
  ~Offer() {
    if (message != nullptr) message->type->discard(message);
  }

  Envelope* message;
  OneshotSender<bool> admitted;
};

void Admit(ActorLoop& loop, ActorCell& cell, Envelope* envelope) {
  auto* offer = static_cast<Offer*>(envelope);
  const MailboxOptions& mailbox = cell.type->mailbox;
  if (mailbox.overflow == Overflow::kFail && cell.queued.value() >= mailbox.capacity) {
    loop.Reject(TakeOffered(offer), DeadLetterReason::kOverflow);
    std::move(offer->admitted).Send(false);
    FreeEnvelope<Offer>(envelope);
    return;
  }
  loop.Accept(TakeOffered(offer));
  std::move(offer->admitted).Send(true);
  FreeEnvelope<Offer>(envelope);
}

constexpr MessageType kOfferType{Lane::kOffer, &Admit, &FreeEnvelope<Offer>, "offer"};

}  // namespace

Envelope* MakeOffer(Envelope* message, OneshotSender<bool> admitted) {
  auto* offer = MakeEnvelope<Offer>(message, std::move(admitted));
  offer->type = &kOfferType;
  offer->target = message->target;
  offer->generation = message->generation;
  return offer;
}

Envelope* TakeOffered(Envelope* envelope) {
  auto* offer = static_cast<Offer*>(envelope);
  offer->message->sender = offer->sender;
  offer->message->sender_generation = offer->sender_generation;
  offer->message->cause = offer->cause;
  return std::exchange(offer->message, nullptr);
}

}  // namespace zokio::internal
