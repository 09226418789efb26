#include "actor/send.h"

#include <utility>

#include "actor/internal/loop.h"

namespace zokio {
namespace internal {
namespace {

// A message that waits for room, and who waits for that.
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

Envelope* TakeOffered(Envelope* envelope) {
  auto* offer = static_cast<Offer*>(envelope);
  offer->message->sender = offer->sender;
  offer->message->sender_generation = offer->sender_generation;
  offer->message->cause = offer->cause;
  return std::exchange(offer->message, nullptr);
}

}  // namespace internal

Poll<Result<void>> SendFuture::poll(Context& context) {
  if (envelope_ != nullptr) {
    internal::Envelope* envelope = std::exchange(envelope_, nullptr);
    internal::ActorCell* cell = envelope->target;
    if (internal::ActorLoop::Current() == cell->loop) {
      cell->loop->Sign(envelope);
      if (!internal::ActorLoop::IsOpen(envelope)) {
        cell->loop->Reject(envelope, DeadLetterReason::kNoSuchActor);
        return Result<void>(Error(ErrorCode::kClosed, "send"));
      }
      if ((cell->flags & internal::ActorCell::kSendsWait) == 0 &&
          cell->queued.value() < cell->type->mailbox.capacity) {
        internal::ActorLoop::Send(envelope);
        return Result<void>();
      }
      if (cell->type->mailbox.overflow == Overflow::kFail) {
        cell->loop->Reject(envelope, DeadLetterReason::kOverflow);
        return Result<void>(Error(ErrorCode::kWouldBlock, "send: the mailbox is full"));
      }
    }
    auto [sender, receiver] = MakeOneshot<bool>();
    auto* offer = internal::MakeEnvelope<internal::Offer>(envelope, std::move(sender));
    offer->type = &internal::kOfferType;
    offer->target = envelope->target;
    offer->generation = envelope->generation;
    admitted_.emplace(std::move(receiver));
    internal::ActorLoop::Send(offer);
  }
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): made by the first poll.
  Poll<Result<bool>> poll = admitted_->poll(context);
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Result<void>(Error(ErrorCode::kClosed, "send"));
  if (!*poll.value()) {
    return Result<void>(Error(ErrorCode::kWouldBlock, "send: the mailbox is full"));
  }
  return Result<void>();
}

}  // namespace zokio
