// Router<A>: chooses among actors of a type, and lets their number grow and shrink.
//
//   Router<Worker> router(Routing::kSmallestMailbox);
//   router.Resize(8, [&] { return Spawn<Worker>(); });
//   router.Tell(Job{...});                               // to one of them
//   router.TellByKey(order.customer, Job{...});          // always the same one for a key
//   router.TellAll(Configuration{...});                  // to all; they share it
//   auto first = co_await router.AskFirst(Quote{...}, 50ms);   // asks all, takes the first answer
//
// Keys go by rendezvous hashing: of n routees, one that is added or removed moves 1/n of the keys
// and no other.
//
// Ownership: none of the actors: whoever spawns them is their parent. Those that have ended are
//   taken out when the router meets them.
// Thread-safety: for one thread at a time: the state of an actor, say.
// Errors: AskFirst: the last error where all failed; kNotFound without any actor.
// Cost: kRoundRobin and kRandom constant; kSmallestMailbox and keys look at every routee. The
//   lengths of mailboxes in other loops may be a little late.
// Source: rendezvous hashing: D. Thaler, C. Ravishankar 1998.
#ifndef ZOKIO_ACTOR_ROUTER_H_
#define ZOKIO_ACTOR_ROUTER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "actor/actor_ref.h"
#include "actor/broadcast.h"
#include "actor/internal/cell.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "future/race.h"
#include "future/task.h"

namespace zokio {

enum class Routing : uint8_t { kRoundRobin, kRandom, kSmallestMailbox };

template <typename A>
class Router {
 public:
  explicit Router(Routing routing = Routing::kRoundRobin, uint64_t seed = 1)
      : routing_(routing), random_(seed) {}

  void Add(ActorRef<A> actor) {
    actors_.push_back(actor);
    numbers_.push_back(++added_);
  }
  // Sends it nothing more. False where it was not among them.
  bool Remove(ActorRef<A> actor) {
    auto at = std::find(actors_.begin(), actors_.end(), actor);
    if (at == actors_.end()) return false;
    RemoveAt(static_cast<size_t>(at - actors_.begin()));
    return true;
  }
  // Grows by what `spawn()` answers, or shrinks: those that came last handle what they have and
  // end.
  template <typename Spawn>
  void Resize(size_t count, Spawn&& spawn) {
    Prune();
    while (actors_.size() < count) Add(spawn());
    while (actors_.size() > count) {
      actors_.back().Poison();
      RemoveAt(actors_.size() - 1);
    }
  }
  // Of those that live.
  size_t size() {
    Prune();
    return actors_.size();
  }
  const std::vector<ActorRef<A>>& actors() const { return actors_; }

  // The next one; nobody where there is none.
  ActorRef<A> Pick() {
    while (!actors_.empty()) {
      const size_t at = PickIndex();
      if (internal::IsAlive(actors_[at].id())) return actors_[at];
      RemoveAt(at);
    }
    return ActorRef<A>();
  }
  // The one for a key.
  ActorRef<A> PickByKey(uint64_t key) {
    Prune();
    size_t best = 0;
    for (size_t i = 1; i < actors_.size(); ++i) {
      if (Weight(key, numbers_[i]) > Weight(key, numbers_[best])) best = i;
    }
    return actors_.empty() ? ActorRef<A>() : actors_[best];
  }

  // False, and the message is dropped, where there is nobody.
  template <typename M>
  bool Tell(M&& message) {
    return TellTo(Pick(), std::forward<M>(message));
  }
  template <typename M>
  bool TellByKey(uint64_t key, M&& message) {
    return TellTo(PickByKey(key), std::forward<M>(message));
  }
  template <typename M>
  void TellAll(M&& message) {
    Prune();
    Broadcast(actors_, std::forward<M>(message));
  }

  // Asks all of them, each with a copy, for at most `limit`; the first success is the answer. The
  // others' questions are withdrawn.
  template <typename M>
  auto AskFirst(M message, Duration limit) {
    Prune();
    return AskThem(actors_, std::move(message), limit);
  }

 private:
  template <typename M>
  static bool TellTo(ActorRef<A> actor, M&& message) {
    if (!actor) return false;
    actor.Tell(std::forward<M>(message));
    return true;
  }

  template <typename M>
  static auto AskThem(std::vector<ActorRef<A>> actors, M message, Duration limit)
      -> Task<Result<internal::ReplyOf<A, M>>> {
    using Question = decltype(actors[0].Ask(M(message), limit));
    std::vector<Question> questions;
    questions.reserve(actors.size());
    for (const ActorRef<A>& actor : actors) questions.push_back(actor.Ask(M(message), limit));
    if (questions.empty()) co_return Error(ErrorCode::kNotFound, "a router without actors");
    auto race = RaceOk(std::move(questions));
    Result<internal::ReplyOf<A, M>> answer = co_await std::move(race);
    co_return answer;
  }

  size_t PickIndex() {
    switch (routing_) {
      case Routing::kRoundRobin:
        return static_cast<size_t>(next_++ % actors_.size());
      case Routing::kRandom:
        return static_cast<size_t>(random_.Below(static_cast<uint32_t>(actors_.size())));
      case Routing::kSmallestMailbox:
        break;
    }
    // Equal ones take turns.
    const size_t first = static_cast<size_t>(next_++ % actors_.size());
    size_t best = first;
    for (size_t i = 1; i < actors_.size(); ++i) {
      const size_t at = (first + i) % actors_.size();
      if (Waiting(at) < Waiting(best)) best = at;
    }
    return best;
  }
  uint32_t Waiting(size_t at) const { return actors_[at].id().cell()->queued.value(); }

  static uint64_t Weight(uint64_t key, uint64_t number) {
    return Random(key ^ Random(number).Next()).Next();
  }

  void Prune() {
    for (size_t i = actors_.size(); i-- > 0;) {
      if (!internal::IsAlive(actors_[i].id())) RemoveAt(i);
    }
  }
  void RemoveAt(size_t at) {
    actors_.erase(actors_.begin() + static_cast<ptrdiff_t>(at));
    numbers_.erase(numbers_.begin() + static_cast<ptrdiff_t>(at));
  }

  const Routing routing_;
  std::vector<ActorRef<A>> actors_;
  std::vector<uint64_t> numbers_;  // of each, for ever its own: what keys are hashed with
  uint64_t added_ = 0;
  uint64_t next_ = 0;
  Random random_;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_ROUTER_H_
