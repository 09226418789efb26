#include "actor/send.h"

#include <utility>

#include "actor/internal/loop.h"
#include "actor/internal/offer.h"

namespace zokio {
Poll<Result<void>> SendFuture::poll(Context& context) {
  if (envelope_ != nullptr) {
    internal::Envelope* envelope = std::exchange(envelope_, nullptr);
    internal::ActorCell* cell = envelope->target;
    if (internal::ActorLoop::Current() == cell->loop()) {
      cell->loop()->Sign(envelope);
      if (!internal::ActorLoop::IsOpen(envelope)) {
        cell->loop()->Reject(envelope, DeadLetterReason::kNoSuchActor);
        return Result<void>(Error(ErrorCode::kClosed, "send"));
      }
      if ((cell->flags & internal::ActorCell::kSendsWait) == 0 &&
          cell->queued.value() < cell->type->mailbox.capacity) {
        internal::ActorLoop::Send(envelope);
        return Result<void>();
      }
      if (cell->type->mailbox.overflow == Overflow::kFail) {
        cell->loop()->Reject(envelope, DeadLetterReason::kOverflow);
        return Result<void>(Error(ErrorCode::kWouldBlock, "send: the mailbox is full"));
      }
    }
    auto [sender, receiver] = MakeOneshot<bool>();
    admitted_.emplace(std::move(receiver));
    internal::ActorLoop::Send(internal::MakeOffer(envelope, std::move(sender)));
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
