// Actor<Self, Messages...>: an object that talks by messages and does one thing at a time.
//
//   struct Increment { int by; };
//   struct Get {};
//
//   class Counter : public zokio::Actor<Counter, Increment, Get> {
//    public:
//     void On(Increment message) { value_ += message.by; }
//     int On(Get) { return value_; }                  // the answer to an Ask
//
//    private:
//     int value_ = 0;
//   };
//
// `On` takes its message by value, by reference or by rvalue reference. It may be a coroutine (a
// Task): what it awaits, it awaits in the actor's home; the next message waits for its end, unless
// the type says `static constexpr bool kReentrant = true`. What an `On` answers goes to who asked;
// an exception, or an error that nobody asked for, is the actor's failure: see supervision.h.
//
// Hooks, where a type has them: Started() before the first message, Stopping() after the last,
// Restarted() on an object made anew (without it, Started()). `static constexpr MailboxOptions
// kMailbox` bounds its mail.
//
// `using Behaviours = zokio::Behaviours<Shut, Open>` lists what it may Become: handlers then are
// `On(Shut, Knock)`, with the behaviour's (empty) type first; an `On(Knock)` holds for those that
// have none of their own, and what nothing takes is a dead letter. `using Urgent =
// zokio::UrgentMessages<Cancel>` lists messages that are handled before other mail.
//
// `static int64_t Rank(const Job& job)`, for one of its messages or several, makes a mailbox in
// ranks: what is waiting is handled by rank, the lowest first, equals in the order of arrival;
// messages without a Rank have 0. A Rank does not throw. What overflows under kDropOldest then is
// what would come last; what was stashed comes back by its rank, and a Poison is the last of all.
//
// Lifetime: the object is made by the spawn and destroyed in its home, after all its children.
// Thread-safety: everything below is for the actor itself, in its hooks and handlers; self(),
// Spawn,
//   Watch, Link and Stop also in its constructor.
// Cost: an idle actor is 128 bytes beside its object.
#ifndef ZOKIO_ACTOR_ACTOR_H_
#define ZOKIO_ACTOR_ACTOR_H_

#include <memory>
#include <type_traits>
#include <utility>

#include "actor/actor_id.h"
#include "actor/actor_ref.h"
#include "actor/actor_timer.h"
#include "actor/internal/background.h"
#include "actor/internal/cell.h"
#include "actor/internal/credit_account.h"
#include "actor/internal/dispatch.h"
#include "actor/internal/spawn.h"
#include "actor/internal/timers.h"
#include "actor/mailbox.h"
#include "actor/spawn_options.h"
#include "actor/terminated.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/result.h"
#include "future/task.h"

namespace zokio {

template <typename... Tags>
using Behaviours = internal::MessageList<Tags...>;
template <typename... Ms>
using UrgentMessages = internal::MessageList<Ms...>;

template <typename Self, typename... Ms>
class Actor {
 public:
  using Messages = internal::MessageList<Ms...>;

  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

 protected:
  Actor() : cell_(internal::SpawningCell::Get()) {
    ZOKIO_CHECK(cell_ != nullptr, "actors are made by Spawn");
  }
  ~Actor() = default;

  ActorRef<Self> self() const { return ActorRef<Self>(cell_->id()); }
  // Who sent the message that is handled now; nobody in a coroutine, or where it came from outside
  // of all actors.
  ActorId sender() const {
    const internal::Envelope* envelope = cell_->loop()->message();
    if (envelope == nullptr) return ActorId();
    return ActorId(envelope->sender, envelope->sender_generation);
  }

  // A child: ended with this actor. It is born in the same loop, or spread over all of them.
  template <typename A, typename... Args>
  ActorRef<A> Spawn(Args&&... args) {
    return internal::SpawnIn<A>(*cell_->loop(), cell_, std::forward<Args>(args)...);
  }
  template <typename A, typename... Args>
  ActorRef<A> SpawnSpread(Args&&... args) {
    return internal::SpawnIn<A>(cell_->loop()->system().NextLoop(), cell_,
                                std::forward<Args>(args)...);
  }

  // With a dispatcher of its choice: see spawn_options.h.
  template <typename A, typename... Args>
  Result<ActorRef<A>> SpawnWith(const SpawnOptions& options, Args&&... args) {
    Result<internal::ActorLoop*> home = cell_->loop()->system().home_finder().Find(options);
    if (!home.ok()) return home.error();
    return internal::SpawnIn<A>(**home, cell_, std::forward<Args>(args)...);
  }

  // After the message that is handled now.
  void Stop() {
    if (internal::ActorLoop::Current() == cell_->loop()) {
      cell_->loop()->RequestStop(cell_, /*kill=*/false);
    } else {
      internal::SendStop(cell_->id(), /*kill=*/false);  // it is made by who is not at its home
    }
  }

  // This actor gets a Terminated once the other has ended; at once where it has already. To watch
  // who is watched changes nothing.
  template <typename A>
  void Watch(ActorRef<A> other) {
    static_assert(Handles<Self, Terminated>, "who watches lists Terminated among its messages");
    ZOKIO_CHECK(other, "nobody is watched");
    internal::SendWatch(other.id(), {cell_->id(), &NotifyTerminated});
  }
  template <typename A>
  void Unwatch(ActorRef<A> other) {
    internal::SendUnwatch(other.id(), {cell_->id(), &NotifyTerminated});
  }
  // When one of the two ends because it failed or was killed, the other fails too, and its parent
  // decides. An actor that had ended before counts as failed.
  template <typename A>
  void Link(ActorRef<A> other) {
    ZOKIO_CHECK(other, "a link to nobody");
    internal::SendLink(cell_->id(), other.id());
  }
  template <typename A>
  void Unlink(ActorRef<A> other) {
    internal::SendUnlink(cell_->id(), other.id());
  }

  // From the next message on the handlers of this behaviour hold. An actor begins, and begins
  // anew, as the first of its list.
  template <typename Behaviour>
  void Become() {
    using List = typename Self::Behaviours;
    static_assert(List::template kHas<Behaviour>, "not in the list of this actor's behaviours");
    behaviour_ = List::template Index<Behaviour>();
  }

  // Runs a task beside the handlers, in this actor's home: never at the same time as one, but
  // between them. It is withdrawn when the actor stops.
  void Run(Task<void> task) { Launch(std::move(task)); }
  // What `task` answers, as a message to this actor.
  template <typename M>
  void Pipe(Task<M> task) {
    Launch(PipeTask(self(), std::move(task)));
  }
  // A message to this actor after `delay`, or every `period`, until the actor stops or cancels it.
  template <typename M>
  ActorTimer TellAfter(Duration delay, M message) {
    return LaunchTimer(internal::TellLater(self(), delay, std::move(message)));
  }
  template <typename M>
  ActorTimer TellEvery(Duration period, M message) {
    ZOKIO_CHECK(period > Duration(0), "a period is positive");
    return LaunchTimer(internal::TellRepeatedly(self(), period, std::move(message)));
  }

  // Sends on what a handler got by reference: the same envelope, nothing is moved. A question is
  // answered by who gets it; what the handler here answers is dropped. Where `to` answers something
  // of another type, who asked gets kUnsupported, and `to` is told.
  template <typename A, typename M>
    requires Handles<A, M>
  void Forward(ActorRef<A> to, M& message) {
    if constexpr (Handles<Self, M>) {
      internal::Envelope* told = cell_->loop()->message();
      if (told != nullptr && IsOf(told, message) &&
          told->type == &internal::Delivery<Self, M>::kType) {
        SendOn(cell_->loop()->TakeHandled(), to, &internal::Delivery<A, M>::kType);
        return;
      }
    }
    ForwardOther(to, message);
  }

  // Puts a message aside that a handler, no coroutine, got by reference: also a question, which is
  // answered when it is handled again. UnstashAll brings all of them back, before everything else
  // that waits, in their order.
  template <typename M>
  void Stash(M& message) {
    internal::Envelope* envelope =
        cell_->loop()->message() != nullptr ? TakeEnvelope(message) : nullptr;
    ZOKIO_CHECK(envelope != nullptr, "Stash takes what On(M&) got, and in no coroutine");
    internal::ExtrasOf(*cell_).stash.PushBack(envelope);
    ++stashed_;
  }
  void UnstashAll() {
    if (stashed_ == 0) return;
    cell_->queued.Add(std::exchange(stashed_, 0));
    cell_->loop()->PutBack(cell_);
    cell_->loop()->Queue(cell_);  // this may be a coroutine beside the handlers
  }

 private:
  friend internal::BehaviourAccess;

  static void NotifyTerminated(ActorId watcher, ActorId ended, internal::Ending ending) {
    ActorRef<Self>(watcher).Tell(Terminated{ended, ending == internal::Ending::kFailed});
  }

  template <typename M>
  static Task<void> PipeTask(ActorRef<Self> self, Task<M> task) {
    self.Tell(co_await std::move(task));
  }

  void Launch(Task<void> task) { LaunchActivation(internal::MakeBackground(std::move(task))); }
  ActorTimer LaunchTimer(Task<void> task) {
    internal::Activation* activation = internal::MakeBackground(std::move(task));
    activation->references.fetch_add(1, memory_order_relaxed);
    ActorTimer timer(activation);
    LaunchActivation(activation);
    return timer;
  }
  void LaunchActivation(internal::Activation* activation) {
    ZOKIO_CHECK(internal::ActorLoop::Current() == cell_->loop(), "not in this actor's home");
    cell_->loop()->Launch(cell_, activation, internal::ActivationKind::kBackground);
  }

  template <typename M>
  static bool IsOf(internal::Envelope* envelope, const M& message) {
    using E = internal::MessageEnvelope<M>;
    return &static_cast<E*>(envelope)->message == std::addressof(message);
  }
  // The envelope of `message`, where that is what is handled now and nobody else's too.
  template <typename M>
  internal::Envelope* TakeEnvelope(M& message) {
    if constexpr (Handles<Self, M>) {
      using Question = internal::AskEnvelope<M, internal::ReplyOf<Self, M>>;
      using Credited = internal::CreditedEnvelope<M>;
      internal::Envelope* envelope = cell_->loop()->handled();
      if (envelope != nullptr && IsOf(envelope, message) &&
          (envelope->type == &internal::Delivery<Self, M>::kType ||
           envelope->type == &internal::Delivery<Self, M, Question>::kType ||
           envelope->type == &internal::Delivery<Self, M, Credited>::kType)) {
        return cell_->loop()->TakeHandled();
      }
    }
    return nullptr;
  }

  template <typename A>
  static void SendOn(internal::Envelope* envelope, ActorRef<A> to,
                     const internal::MessageType* type) {
    envelope->type = type;
    envelope->target = to.id().cell();
    envelope->generation = to.id().generation();
    internal::ActorLoop::Send(envelope);
  }
  // Forward of what is not told, or handled by a coroutine, or no message of ours.
  template <typename A, typename M>
  [[gnu::noinline]] void ForwardOther(ActorRef<A> to, M& message) {
    internal::Envelope* envelope = TakeEnvelope(message);
    if (envelope == nullptr) {
      to.Tell(std::move(message));
      return;
    }
    const internal::MessageType* type = &internal::Delivery<A, M>::kType;
    if constexpr (Handles<Self, M>) {
      using Credited = internal::CreditedEnvelope<M>;
      if (envelope->type == &internal::Delivery<Self, M, Credited>::kType) {
        type = &internal::Delivery<A, M, Credited>::kType;
      }
      using Question = internal::AskEnvelope<M, internal::ReplyOf<Self, M>>;
      if (envelope->type == &internal::Delivery<Self, M, Question>::kType) {
        if constexpr (std::is_same_v<internal::ReplyOf<A, M>, internal::ReplyOf<Self, M>>) {
          type = &internal::Delivery<A, M, Question>::kType;
        } else {
          std::move(static_cast<Question*>(envelope)->reply)
              .Send(Error(ErrorCode::kUnsupported, "ask: forwarded to who answers otherwise"));
          to.Tell(std::move(message));
          internal::FreeEnvelope<Question>(envelope);
          return;
        }
      }
    }
    SendOn(envelope, to, type);
  }

  internal::ActorCell* const cell_;
  uint32_t stashed_ = 0;
  uint32_t behaviour_ = 0;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_ACTOR_H_
