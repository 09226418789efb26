// How a message meets its handler: the tables of a pair of actor and message, the envelopes that
// carry a question, and the activation in which a coroutine handler runs.
//
// A handler `On` returns nothing or the answer, plain or as a Result, at once or as a Task. What it
// answers goes to who asked; where nobody asked, an error is the actor's failure.
#ifndef ZOKIO_ACTOR_INTERNAL_DISPATCH_H_
#define ZOKIO_ACTOR_INTERNAL_DISPATCH_H_

#include <exception>
#include <new>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "actor/internal/activation.h"
#include "actor/internal/envelope.h"
#include "actor/internal/handlers.h"
#include "actor/internal/loop.h"
#include "actor/internal/wire_codec.h"
#include "actor/terminated.h"
#include "base/exceptions.h"
#include "base/result.h"
#include "future/oneshot.h"
#include "future/task.h"
#include "mem/frame_pool.h"

namespace zokio::internal {

// A message with the way back for its answer.
template <typename M, typename R>
struct AskEnvelope : MessageEnvelope<M> {
  template <typename T>
  AskEnvelope(T&& message, OneshotSender<Result<R>> sender)
      : MessageEnvelope<M>(std::forward<T>(message)), reply(std::move(sender)) {}

  OneshotSender<Result<R>> reply;
};

template <typename E>
inline constexpr bool kIsAsk = requires(E& envelope) { envelope.reply; };

// Hands on what a handler answered. A question that was sent on is answered there.
template <typename E, typename V>
void Settle(ActorLoop& loop, ActorCell& cell, E* envelope, V&& value) {
  if constexpr (kIsAsk<E>) {
    if (loop.Holds(envelope)) std::move(envelope->reply).Send(std::forward<V>(value));
  } else if constexpr (kIsResult<std::remove_cvref_t<V>>) {
    if (!value.ok()) loop.Failed(&cell, Failure{nullptr, value.error()});
  }
}
template <typename E>
void Settle(ActorLoop& loop, ActorCell&, E* envelope) {
  if constexpr (kIsAsk<E>) {
    if (loop.Holds(envelope)) std::move(envelope->reply).Send(Result<void>());
  }
}

// The handler threw.
template <typename E>
void SettleException(ActorLoop& loop, ActorCell& cell, E* envelope) {
  if constexpr (kIsAsk<E>) {
    if (loop.Holds(envelope)) {
      std::move(envelope->reply).Send(Error(ErrorCode::kUnknown, "ask: the handler threw"));
    }
  }
  loop.Failed(&cell, Failure{std::current_exception(), Error()});
}

// Runs `body`, which may call user code; an exception is the actor's failure.
template <typename E, typename Body>
void Guarded(ActorLoop& loop, ActorCell& cell, E* envelope, Body&& body) {
#if ZOKIO_EXCEPTIONS
  try {
    body();
  } catch (...) {
    SettleException(loop, cell, envelope);
  }
#else
  (void)loop, (void)cell, (void)envelope;
  body();
#endif
}

// A coroutine handler. The envelope lives as long, so a handler may refer to its message, unless it
// sends that on.
template <typename E, typename V>
struct HandlerActivation : Activation {
  HandlerActivation(E* envelope, Task<V> task)
      : Activation(&kTable), future(std::in_place, std::move(task)) {
    handled = envelope;
  }

  static HandlerActivation* Of(Activation* a) { return static_cast<HandlerActivation*>(a); }

  static bool PollIt(ActorLoop& loop, Activation* activation, Context& context) {
    HandlerActivation* self = Of(activation);
    bool done = true;
    auto* envelope = static_cast<E*>(activation->handled);
    Guarded(loop, *self->target, envelope, [&] {
      Poll<V> poll = self->future->poll(context);
      done = poll.ready();
      if (!done) return;
      if constexpr (std::is_void_v<V>) {
        Settle(loop, *self->target, envelope);
      } else {
        Settle(loop, *self->target, envelope, std::move(poll).value());
      }
    });
    return done;
  }
  static bool PollCancelIt(Activation* activation, Context& context) {
    return Of(activation)->future->poll_cancel(context).ready();
  }
  static void Drop(Activation* activation) {
    Of(activation)->future.reset();
    Envelope* envelope = std::exchange(activation->handled, nullptr);
    if (envelope != nullptr) FreeEnvelope<E>(envelope);
  }
  static void Free(Activation* activation) {
    Of(activation)->~HandlerActivation();
    FramePool::Free(Of(activation), sizeof(HandlerActivation));
  }
  static constexpr Table kTable{&PollIt, &PollCancelIt, &Drop, &Free};

  std::optional<TaskFuture<V>> future;
};

// The message of an envelope: constant where others have it too.
template <typename E>
auto& MessageIn(E& envelope) {
  if constexpr (requires { envelope.payload; }) {
    return std::as_const(envelope.payload->message);
  } else {
    return envelope.message;
  }
}

// What is told, not asked or shared, can leave the process.
template <typename M, typename E>
constexpr const WireCodec* WireOf() {
  if constexpr (std::is_same_v<E, MessageEnvelope<M>>) return WireCodecOf<M>::kCodec;
  return nullptr;
}

template <typename A, typename M, typename E = MessageEnvelope<M>>
struct Delivery {
  using Payload = std::remove_reference_t<decltype(MessageIn(std::declval<E&>()))>;
  using Return = HandlerReturn<A, Payload>;
  using Value = typename Unwrap<Return>::Value;

  static void Deliver(ActorLoop& loop, ActorCell& cell, Envelope* envelope) {
    auto* e = static_cast<E*>(envelope);
    if constexpr (kIsAsk<E>) {
      if (e->reply.receiver_gone()) {  // nobody waits for the answer any more
        FreeEnvelope<E>(envelope);
        return;
      }
    }
    A& actor = *static_cast<A*>(cell.object);
    if constexpr (HasBehaviours<A>) {
      if (!Listens<Payload>(actor)) {
        loop.Reject(envelope, DeadLetterReason::kUnhandled);
        return;
      }
    }
    if constexpr (kIsTask<Return>) {
      Activation* activation = nullptr;
      Guarded(loop, cell, e, [&] {
        using Run = HandlerActivation<E, Value>;
        Return task = CallHandler(actor, MessageIn(*e));  // first: it may throw
        // No coroutine itself, it may have sent the message on.
        E* held = loop.Holds(e) ? e : nullptr;
        activation = ::new (FramePool::Allocate(sizeof(Run))) Run(held, std::move(task));
      });
      if (activation == nullptr) {
        if (loop.Holds(envelope)) FreeEnvelope<E>(envelope);
        return;
      }
      loop.Launch(&cell, activation,
                  IsReentrant() ? ActivationKind::kReentrant : ActivationKind::kHandler);
    } else {
      Guarded(loop, cell, e, [&] {
        if constexpr (std::is_void_v<Return>) {
          CallHandler(actor, MessageIn(*e));
          Settle(loop, cell, e);
        } else {
          Settle(loop, cell, e, CallHandler(actor, MessageIn(*e)));
        }
      });
      // Unless the handler sent it on.
      if (__builtin_expect(loop.message() == envelope, 1)) FreeEnvelope<E>(envelope);
    }
  }

  // What an actor does not rank comes as if of rank zero. Called by the loop, where nobody catches.
  static int64_t RankOf(Envelope& envelope) noexcept {
    if constexpr (Ranks<A, M>) {
      return A::Rank(std::as_const(MessageIn(static_cast<E&>(envelope))));
    } else {
      return 0;
    }
  }

 private:
  static constexpr bool kRanked = kRanksAny<A, typename A::Messages>;
  static constexpr Lane LaneOf() {
    if constexpr (IsUrgent<A, M>()) return Lane::kUrgent;
    return kRanked ? Lane::kRanked : Lane::kMail;
  }

 public:
  static constexpr MessageType kType{LaneOf(),
                                     &Deliver,
                                     &FreeEnvelope<E>,
                                     TypeName<M>(),
                                     std::is_same_v<M, Terminated>,
                                     WireOf<M, E>(),
                                     kRanked ? &RankOf : nullptr};

 private:
  static constexpr bool IsReentrant() {
    if constexpr (requires { A::kReentrant; }) return A::kReentrant;
    return false;
  }
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_DISPATCH_H_
