// Registry: living actors by name and by type.
//
//   system.registry().Register("ledger", ledger);
//   Result<ActorRef<Ledger>> found = system.registry().Find<Ledger>("ledger");
//   for (ActorRef<Worker> worker : system.registry().FindAll<Worker>()) ...
//
// A name belongs to one living actor; once that has ended, the name is free again without
// anybody's doing. A restart keeps it.
//
// Thread-safety: any thread.
// Errors: Register: kAlreadyExists, kClosed where the actor has ended. Find: kNotFound;
//   kInvalidArgument where the name is that of an actor of another type.
// Cost: one short lock; FindAll and List look at every name, Register now and then, to forget those
//   that are free again.
#ifndef ZOKIO_ACTOR_REGISTRY_H_
#define ZOKIO_ACTOR_REGISTRY_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actor/actor_id.h"
#include "actor/actor_ref.h"
#include "actor/internal/cell.h"
#include "actor/internal/spawn.h"
#include "base/mutex.h"
#include "base/result.h"

namespace zokio {

class Registry {
 public:
  struct Entry {
    std::string name;
    ActorId actor;
    std::string_view type;
  };

  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  template <typename A>
  Result<void> Register(std::string name, ActorRef<A> actor) {
    return Add(std::move(name), actor.id(), &internal::ActorTypeOf<A>::kType);
  }
  // Frees a name, whoever has it. False where nobody had it.
  bool Unregister(std::string_view name);
  // Frees the name of `actor`. False where that has not got it any more: then it may be the name of
  // who came after it, and stays that.
  template <typename A>
  bool Unregister(std::string_view name, ActorRef<A> actor) {
    return Remove(name, actor.id());
  }

  template <typename A>
  Result<ActorRef<A>> Find(std::string_view name) const {
    Result<ActorId> id = Look(name, &internal::ActorTypeOf<A>::kType);
    if (!id.ok()) return id.error();
    return ActorRef<A>(*id);
  }
  // All named actors of a type, by their names' order.
  template <typename A>
  std::vector<ActorRef<A>> FindAll() const {
    std::vector<ActorRef<A>> found;
    Visit([&](const std::string&, ActorId actor, const internal::ActorType* type) {
      if (type == &internal::ActorTypeOf<A>::kType) found.push_back(ActorRef<A>(actor));
    });
    return found;
  }
  std::vector<Entry> List() const;

 private:
  friend struct GrowthPeer;  // a test's

  struct Named {
    ActorId actor;
    const internal::ActorType* type;
  };
  using Visitor =
      std::function<void(const std::string& name, ActorId actor, const internal::ActorType* type)>;

  Result<void> Add(std::string name, ActorId actor, const internal::ActorType* type);
  bool Remove(std::string_view name, ActorId actor);
  Result<ActorId> Look(std::string_view name, const internal::ActorType* type) const;
  void Visit(const Visitor& visitor) const;

  static constexpr size_t kSweepMin = 64;

  mutable Mutex mutex_;
  size_t sweep_at_ = kSweepMin;  // so many names: those of who has ended are taken out
  std::map<std::string, Named, std::less<>> names_;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_REGISTRY_H_
