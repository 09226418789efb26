// CreditSender<A>: sends to one actor as long as it has credits, so that no more than so many of
// its messages are ever under way: on their way, in the mailbox, put aside or being handled.
//
//   CreditSender<Parser> parser(ref, 64);
//   if (!parser.TrySend(Line{text})) ...            // never waits; refused: `text` is untouched
//   Result<void> sent = co_await parser.Send(Line{text});     // waits for a credit
//
// Where ActorRef::Send waits for room in the mailbox, by a round trip for each message to an actor
// of another loop, this waits for the handlers, and only when all credits are out. A message gives
// its credit back when it dies, whatever becomes of it; one that is forwarded takes it along.
//
// Ownership: owns the account, which messages on their way keep alive.
// Thread-safety: one thread at a time.
// Errors: Send answers kClosed where the actor has ended; the message then is a dead letter.
// Cancellation: a dropped Send that waits has sent nothing.
// Cost: beside a Tell 8 bytes and two read-modify-writes a message, where it dies.
// Source: credit-based flow control of links (H. T. Kung, A. Chapman, 1993).
#ifndef ZOKIO_ACTOR_CREDIT_SENDER_H_
#define ZOKIO_ACTOR_CREDIT_SENDER_H_

#include <cstdint>
#include <type_traits>
#include <utility>

#include "actor/actor_ref.h"
#include "actor/internal/cell.h"
#include "actor/internal/credit_account.h"
#include "actor/internal/dispatch.h"
#include "base/check.h"
#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"

namespace zokio {

template <typename A>
class CreditSender {
 public:
  // Waits for a credit when it is polled. It does not outlive the sender, nor is there another one
  // that waits.
  template <typename M>
  class [[nodiscard]] SendFuture {
   public:
    SendFuture(CreditSender& sender, M message) : sender_(sender), message_(std::move(message)) {}

    Poll<Result<void>> poll(Context& context) {
      if (!sender_.account_->TakeOrWait(context.waker())) return kPending;
      const bool alive = internal::IsAlive(sender_.to_.id());
      sender_.SendOnCredit(std::move(message_));
      if (!alive) return Result<void>(Error(ErrorCode::kClosed, "send"));
      return Result<void>();
    }

   private:
    CreditSender& sender_;
    M message_;
  };

  CreditSender(ActorRef<A> to, uint32_t credits)
      : to_(to), account_(new internal::CreditAccount(credits)) {
    ZOKIO_CHECK(credits > 0, "without a credit nothing can be sent");
    ZOKIO_CHECK(static_cast<bool>(to), "credits with nobody");
  }
  CreditSender(CreditSender&& other) noexcept
      : to_(other.to_), account_(std::exchange(other.account_, nullptr)) {}
  CreditSender& operator=(CreditSender&&) = delete;
  ~CreditSender() {
    if (account_ != nullptr) account_->Close();
  }

  ActorRef<A> ref() const { return to_; }

  template <typename M>
    requires Handles<A, std::remove_cvref_t<M>>
  [[nodiscard]] bool TrySend(M&& message) {
    if (!account_->TryTake()) return false;
    SendOnCredit(std::forward<M>(message));
    return true;
  }
  template <typename M>
    requires Handles<A, std::remove_cvref_t<M>>
  SendFuture<std::remove_cvref_t<M>> Send(M&& message) {
    return SendFuture<std::remove_cvref_t<M>>(*this, std::forward<M>(message));
  }

 private:
  // REQUIRES: a credit was taken.
  template <typename M>
  void SendOnCredit(M&& message) {
    using Message = std::remove_cvref_t<M>;
    using E = internal::CreditedEnvelope<Message>;
    // Where the message cannot be made, its credit goes back.
    struct Guard {
      internal::CreditAccount* account;
      ~Guard() {
        if (account != nullptr) account->Return();
      }
    } guard{account_};
    auto* envelope = internal::MakeEnvelope<E>(std::forward<M>(message), account_);
    guard.account = nullptr;
    envelope->type = &internal::Delivery<A, Message, E>::kType;
    envelope->target = to_.id().cell();
    envelope->generation = to_.id().generation();
    internal::ActorLoop::Send(envelope);
  }

  ActorRef<A> to_;
  internal::CreditAccount* account_;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_CREDIT_SENDER_H_
