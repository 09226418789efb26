#include "actor/event_stream.h"

#include <algorithm>

namespace zokio {

bool EventStream::Add(Key key, const Subscriber& subscriber) {
  if (!internal::IsAlive(subscriber.actor)) return false;
  MutexLock lock(mutex_);
  std::shared_ptr<const Subscribers>& topic = topics_[key];
  auto changed =
      topic == nullptr ? std::make_shared<Subscribers>() : std::make_shared<Subscribers>(*topic);
  const bool known = std::any_of(changed->begin(), changed->end(),
                                 [&](const Subscriber& s) { return s.actor == subscriber.actor; });
  if (known) return false;
  // Nobody may ever publish this: those who have ended go here too.
  const size_t ended =
      std::erase_if(*changed, [](const Subscriber& s) { return !internal::IsAlive(s.actor); });
  changed->push_back(subscriber);
  topic = std::move(changed);
  subscriptions_.fetch_add(1, memory_order_relaxed);
  subscriptions_.fetch_sub(ended, memory_order_relaxed);
  return true;
}

bool EventStream::Remove(Key key, ActorId actor) {
  MutexLock lock(mutex_);
  auto at = topics_.find(key);
  if (at == topics_.end()) return false;
  auto changed = std::make_shared<Subscribers>(*at->second);
  if (std::erase_if(*changed, [&](const Subscriber& s) { return s.actor == actor; }) == 0) {
    return false;
  }
  at->second = std::move(changed);
  subscriptions_.fetch_sub(1, memory_order_relaxed);
  return true;
}

std::shared_ptr<const EventStream::Subscribers> EventStream::Living(Key key) {
  MutexLock lock(mutex_);
  auto at = topics_.find(key);
  if (at == topics_.end()) return nullptr;
  auto ended = [](const Subscriber& s) { return !internal::IsAlive(s.actor); };
  if (std::any_of(at->second->begin(), at->second->end(), ended)) {
    auto changed = std::make_shared<Subscribers>(*at->second);
    subscriptions_.fetch_sub(std::erase_if(*changed, ended), memory_order_relaxed);
    at->second = std::move(changed);
  }
  return at->second;
}

}  // namespace zokio
