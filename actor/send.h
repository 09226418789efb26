// SendFuture: waits until a message is in its actor's mailbox, as ActorRef::Send gives it.
//
// Back-pressure: while `capacity` messages wait, senders wait, first come first served, each with
// one message. So what a mailbox holds is bounded by its capacity and the number of its senders.
//
// Errors: kClosed where the actor is gone; kWouldBlock where its mailbox is full and of the kind
//   that fails.
// Cancellation: dropped before its first poll, nothing is sent; later, the message stays with the
//   actor, which takes it in as soon as there is room.
// Cost: within a loop and with room that of a Tell; else a round trip to the actor's home.
#ifndef ZOKIO_ACTOR_SEND_H_
#define ZOKIO_ACTOR_SEND_H_

#include <optional>
#include <utility>

#include "actor/internal/envelope.h"
#include "base/result.h"
#include "future/context.h"
#include "future/oneshot.h"

namespace zokio {

class [[nodiscard]] SendFuture {
 public:
  explicit SendFuture(internal::Envelope* envelope) : envelope_(envelope) {}
  SendFuture(SendFuture&& other) noexcept
      : envelope_(std::exchange(other.envelope_, nullptr)), admitted_(std::move(other.admitted_)) {}
  ~SendFuture() {
    if (envelope_ != nullptr) envelope_->type->discard(envelope_);
  }

  Poll<Result<void>> poll(Context& context);

 private:
  internal::Envelope* envelope_;
  std::optional<OneshotReceiver<bool>> admitted_;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_SEND_H_
