// ActorRef<A>: how everybody else reaches an actor of type A. Recipient<M>: any actor that takes M.
//
//   ActorRef<Counter> counter = system.Spawn<Counter>();
//   counter.Tell(Increment{1});                                  // never waits
//   Result<int> value = co_await counter.Ask(Get{}, 100ms);      // the handler's answer
//   Result<void> sent = co_await counter.Send(Increment{2});     // waits while the mailbox is full
//
// A message that the actor's type does not list does not compile. A reference says nothing of where
// its actor is, or whether it lives: what comes too late is a dead letter, and an Ask fails.
//
// Ownership: none; two words that are copied as bytes. Void once the system is destroyed.
// Thread-safety: any thread.
// Guarantees: a message is handled at most once; what one sender tells one actor is handled in
//   that order. A sender is an actor, or a thread outside of all actors. What such a thread sends
//   comes before all that follows from what it sends later.
// Errors: Ask gives kClosed where the actor ended (or the handler dropped the question), what the
//   handler answers otherwise; Send gives kClosed.
// Cancellation: a dropped Ask is not handled if its turn has not come. A dropped Send leaves a
//   message that had been handed over where it is.
// Cost: Tell one pooled block of the message and 48 bytes; within a loop no atomic operation.
#ifndef ZOKIO_ACTOR_ACTOR_REF_H_
#define ZOKIO_ACTOR_ACTOR_REF_H_

#include <cstdint>
#include <type_traits>
#include <utility>

#include "actor/actor_id.h"
#include "actor/ask.h"
#include "actor/internal/control.h"
#include "actor/internal/dispatch.h"
#include "actor/internal/envelope.h"
#include "actor/internal/loop.h"
#include "actor/send.h"
#include "base/check.h"
#include "future/timeout.h"

namespace zokio {

// A's type lists M.
template <typename A, typename M>
concept Handles = A::Messages::template kHas<M>;

template <typename M>
class Recipient;

template <typename A>
class ActorRef {
 public:
  // Nobody; sending to it is a defect.
  ActorRef() = default;

  // Sends, and does not wait for anything. Bounds: see mailbox.h.
  template <typename M>
    requires Handles<A, std::remove_cvref_t<M>>
  void Tell(M&& message) const {
    using Message = std::remove_cvref_t<M>;
    using E = internal::MessageEnvelope<Message>;
    auto* envelope = internal::MakeEnvelope<E>(std::forward<M>(message));
    Address(envelope, &internal::Delivery<A, Message>::kType);
    internal::ActorLoop::Send(envelope);
  }

  // Sends when first polled, and waits for the answer.
  template <typename M>
    requires Handles<A, std::remove_cvref_t<M>>
  auto Ask(M&& message) const {
    using Message = std::remove_cvref_t<M>;
    using Reply = internal::ReplyOf<A, Message>;
    using E = internal::AskEnvelope<Message, Reply>;
    auto [sender, receiver] = MakeOneshot<Result<Reply>>();
    auto* envelope = internal::MakeEnvelope<E>(std::forward<M>(message), std::move(sender));
    Address(envelope, &internal::Delivery<A, Message, E>::kType);
    return AskFuture<Reply>(envelope, std::move(receiver));
  }
  // The same with a limit of time: kDeadlineExceeded.
  template <typename M>
    requires Handles<A, std::remove_cvref_t<M>>
  auto Ask(M&& message, Duration limit) const {
    return Timeout(Ask(std::forward<M>(message)), limit);
  }

  // Waits while the mailbox is full, then sends. Answers once the message is in the mailbox.
  template <typename M>
    requires Handles<A, std::remove_cvref_t<M>>
  auto Send(M&& message) const {
    using Message = std::remove_cvref_t<M>;
    using E = internal::MessageEnvelope<Message>;
    auto* envelope = internal::MakeEnvelope<E>(std::forward<M>(message));
    Address(envelope, &internal::Delivery<A, Message>::kType);
    return SendFuture(envelope);
  }

  // It ends after the message that it handles now; what waits becomes dead letters.
  void Stop() const { internal::SendStop(id(), /*kill=*/false); }
  // As Stop, but a handler that is suspended is withdrawn.
  void Kill() const { internal::SendStop(id(), /*kill=*/true); }
  // It ends when it comes to this among its mail.
  void Poison() const { internal::SendPoison(id()); }

  ActorId id() const { return ActorId(cell_, generation_); }
  explicit operator bool() const { return cell_ != nullptr; }
  friend bool operator==(const ActorRef&, const ActorRef&) = default;

  // For the package itself.
  explicit ActorRef(ActorId id) : cell_(id.cell()), generation_(id.generation()) {}

 private:
  template <typename M>
  friend class Recipient;

  void Address(internal::Envelope* envelope, const internal::MessageType* type) const {
    ZOKIO_CHECK(cell_ != nullptr, "a message to nobody");
    envelope->type = type;
    envelope->target = cell_;
    envelope->generation = generation_;
  }

  internal::ActorCell* cell_ = nullptr;
  uint32_t generation_ = 0;
};

// Whoever takes messages of type M: made from a reference to any actor whose type lists M.
template <typename M>
class Recipient {
 public:
  Recipient() = default;
  template <typename A>
    requires Handles<A, M>
  // NOLINTNEXTLINE(google-explicit-constructor): every such reference is a recipient.
  Recipient(ActorRef<A> ref) : id_(ref.id()), type_(&internal::Delivery<A, M>::kType) {}

  void Tell(M message) const {
    ZOKIO_CHECK(type_ != nullptr, "a message to nobody");
    auto* envelope = internal::MakeEnvelope<internal::MessageEnvelope<M>>(std::move(message));
    envelope->type = type_;
    envelope->target = id_.cell();
    envelope->generation = id_.generation();
    internal::ActorLoop::Send(envelope);
  }

  ActorId id() const { return id_; }
  explicit operator bool() const { return type_ != nullptr; }
  friend bool operator==(const Recipient& a, const Recipient& b) { return a.id_ == b.id_; }

 private:
  ActorId id_;
  const internal::MessageType* type_ = nullptr;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_ACTOR_REF_H_
