// EventStream: publish and subscribe by the event's type.
//
//   system.events().Subscribe<PriceChanged>(chart);       // chart's type lists PriceChanged
//   system.events().Publish(PriceChanged{...});
//   system.events().Subscribe<DeadLetter>(auditor);       // the system publishes these
//
// An event is told to all who subscribed before, who share one constant copy (see broadcast.h). An
// actor that has ended is no subscriber any more.
//
// Thread-safety: any thread. An event's destructor runs on the thread of who handles it last.
// Guarantees: as Tell, for each subscriber: what one sender publishes comes in that order.
// Cost: Publish without subscribers one load; else a short lock and what Broadcast costs.
// (Un)Subscribe copies the list of that event's subscribers.
#ifndef ZOKIO_ACTOR_EVENT_STREAM_H_
#define ZOKIO_ACTOR_EVENT_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actor/actor_id.h"
#include "actor/actor_ref.h"
#include "actor/internal/cell.h"
#include "actor/internal/shared_envelope.h"
#include "base/atomic.h"
#include "base/mutex.h"

namespace zokio {

class EventStream {
 public:
  EventStream() = default;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // False where it had subscribed already, or has ended.
  template <typename M, typename A>
    requires Handles<A, M>
  bool Subscribe(ActorRef<A> actor) {
    static_assert(internal::TakesShared<A, M>, "take it by `const M&`: others have it too");
    return Add(KeyOf<M>(), Subscriber{actor.id(), internal::kSharedType<A, M>});
  }
  // False where it had not subscribed.
  template <typename M, typename A>
  bool Unsubscribe(ActorRef<A> actor) {
    return Remove(KeyOf<M>(), actor.id());
  }

  // Returns how many were told.
  template <typename M>
  size_t Publish(M&& event) {
    using Event = std::remove_cvref_t<M>;
    if (subscriptions_.load(memory_order_relaxed) == 0) return 0;
    const std::shared_ptr<const Subscribers> subscribers = Living(KeyOf<Event>());
    if (subscribers == nullptr || subscribers->empty()) return 0;
    const internal::PayloadHolder<Event> holder(std::forward<M>(event));
    for (const Subscriber& subscriber : *subscribers) {
      holder.SendTo(subscriber.actor, subscriber.type);
    }
    return subscribers->size();
  }

 private:
  friend struct GrowthPeer;  // a test's

  struct Subscriber {
    ActorId actor;
    const internal::MessageType* type;
  };
  using Subscribers = std::vector<Subscriber>;
  using Key = const void*;

  // A different address for each type.
  template <typename M>
  static Key KeyOf() {
    static char key = 0;
    return &key;
  }

  bool Add(Key key, const Subscriber& subscriber);
  bool Remove(Key key, ActorId actor);
  // The subscribers, after those that have ended were taken out.
  std::shared_ptr<const Subscribers> Living(Key key);

  Atomic<uint64_t> subscriptions_{0};
  Mutex mutex_;
  std::unordered_map<Key, std::shared_ptr<const Subscribers>> topics_;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_EVENT_STREAM_H_
