#include "actor/registry.h"

namespace zokio {

Result<void> Registry::Add(std::string name, ActorId actor, const internal::ActorType* type) {
  if (!internal::IsAlive(actor)) return Error(ErrorCode::kClosed, "register");
  MutexLock lock(mutex_);
  if (names_.size() >= sweep_at_) {
    std::erase_if(names_, [](const auto& at) { return !internal::IsAlive(at.second.actor); });
    sweep_at_ = 2 * names_.size() + kSweepMin;
  }
  auto [at, added] = names_.try_emplace(std::move(name), Named{actor, type});
  if (added) return {};
  if (internal::IsAlive(at->second.actor) && at->second.actor != actor) {
    return Error(ErrorCode::kAlreadyExists, "register");
  }
  at->second = Named{actor, type};
  return {};
}

bool Registry::Unregister(std::string_view name) {
  MutexLock lock(mutex_);
  auto at = names_.find(name);
  if (at == names_.end()) return false;
  const bool alive = internal::IsAlive(at->second.actor);
  names_.erase(at);
  return alive;
}

bool Registry::Remove(std::string_view name, ActorId actor) {
  MutexLock lock(mutex_);
  auto at = names_.find(name);
  if (at == names_.end() || at->second.actor != actor) return false;
  names_.erase(at);
  return internal::IsAlive(actor);
}

Result<ActorId> Registry::Look(std::string_view name, const internal::ActorType* type) const {
  MutexLock lock(mutex_);
  auto at = names_.find(name);
  if (at == names_.end() || !internal::IsAlive(at->second.actor)) {
    return Error(ErrorCode::kNotFound, "find an actor");
  }
  if (at->second.type != type) return Error(ErrorCode::kInvalidArgument, "find an actor");
  return at->second.actor;
}

void Registry::Visit(const Visitor& visitor) const {
  MutexLock lock(mutex_);
  for (const auto& [name, named] : names_) {
    if (internal::IsAlive(named.actor)) visitor(name, named.actor, named.type);
  }
}

std::vector<Registry::Entry> Registry::List() const {
  std::vector<Entry> entries;
  Visit([&](const std::string& name, ActorId actor, const internal::ActorType* type) {
    entries.push_back(Entry{name, actor, type->name});
  });
  return entries;
}

}  // namespace zokio
