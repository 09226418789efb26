// How an actor is made: its type's table, its object, its cell.
#ifndef ZOKIO_ACTOR_INTERNAL_SPAWN_H_
#define ZOKIO_ACTOR_INTERNAL_SPAWN_H_

#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include "actor/actor_ref.h"
#include "actor/internal/cell.h"
#include "actor/internal/dispatch.h"
#include "actor/internal/extras.h"
#include "actor/internal/hooks.h"
#include "actor/internal/loop.h"
#include "actor/internal/system_core.h"
#include "base/thread_local.h"
#include "mem/frame_pool.h"

namespace zokio::internal {

// The cell whose object is being constructed on this thread.
struct SpawningCellTag;
using SpawningCell = ThreadLocal<ActorCell*, SpawningCellTag>;

template <typename A>
struct ObjectOf {
  static constexpr bool kPooled = alignof(A) <= 16;

  template <typename... Args>
  static void Make(ActorCell& cell, Args&&... args) {
    void* memory;
    if constexpr (kPooled) {
      memory = FramePool::Allocate(sizeof(A));
    } else {
      memory = ::operator new(sizeof(A), std::align_val_t{alignof(A)});
    }
    struct Guard {
      ActorCell* outer;
      void* memory;
      ~Guard() {
        SpawningCell::Get() = outer;
        if (memory != nullptr) FreeMemory(memory);
      }
    } guard{std::exchange(SpawningCell::Get(), &cell), memory};
    cell.object = ::new (memory) A(std::forward<Args>(args)...);
    guard.memory = nullptr;
  }
  static void Destroy(ActorCell& cell) {
    auto* object = static_cast<A*>(std::exchange(cell.object, nullptr));
    if (object == nullptr) return;
    object->~A();
    FreeMemory(object);
  }
  static void FreeMemory(void* memory) {
    if constexpr (kPooled) {
      FramePool::Free(memory, sizeof(A));
    } else {
      ::operator delete(memory, std::align_val_t{alignof(A)});
    }
  }
};

template <typename A>
struct ActorTypeOf {
  static A& Object(ActorCell& cell) { return *static_cast<A*>(cell.object); }

  // Calls a hook; what it throws is the actor's failure.
  template <typename Hook>
  static void Call(ActorCell& cell, Hook&& hook) {
    Envelope* none = nullptr;
    Guarded(*cell.loop(), cell, none, [&] { hook(Object(cell)); });
  }
  static void Started(ActorCell& cell) {
    Call(cell, [](A& actor) {
      if constexpr (requires { actor.Started(); }) actor.Started();
    });
  }
  static void Stopping(ActorCell& cell) {
    Call(cell, [](A& actor) {
      if constexpr (requires { actor.Stopping(); }) actor.Stopping();
    });
  }
  static void Restarted(ActorCell& cell) {
    Call(cell, [](A& actor) {
      if constexpr (requires { actor.Restarted(); }) actor.Restarted();
    });
  }
  static constexpr MailboxOptions Mailbox() {
    if constexpr (requires { A::kMailbox; }) return A::kMailbox;
    return MailboxOptions();
  }
  static constexpr ActorType Table() {
    ActorType type{.name = TypeName<A>(),
                   .destroy = &ObjectOf<A>::Destroy,
                   .make = nullptr,
                   .started = nullptr,
                   .stopping = nullptr,
                   .restarted = nullptr,
                   .supervision = nullptr,
                   .decide = nullptr,
                   .mailbox = Mailbox(),
                   .measured = false,
                   .ranks = kRanksAny<A, typename A::Messages>};
    if constexpr (requires { A::kMeasured; }) type.measured = A::kMeasured;
    if constexpr (requires { A::kChildren; }) type.supervision = &A::kChildren;
    if constexpr (requires(A& actor, const Failure& failure) {
                    actor.OnFailure(ActorId(), failure);
                  }) {
      type.decide = [](ActorCell& cell, ActorId child, const Failure& failure) {
        return Object(cell).OnFailure(child, failure);
      };
    }
    if constexpr (std::is_default_constructible_v<A>) {
      type.make = [](ActorCell& cell) { ObjectOf<A>::Make(cell); };
    }
    if constexpr (requires(A& actor) { actor.Started(); }) type.started = &Started;
    if constexpr (requires(A& actor) { actor.Stopping(); }) type.stopping = &Stopping;
    // An object made anew needs what the first one began: its timers, its children.
    type.restarted = type.started;
    if constexpr (requires(A& actor) { actor.Restarted(); }) type.restarted = &Restarted;
    return type;
  }
  static constexpr ActorType kType = Table();
};

// Keeps copies of the arguments, for a restart; where that cannot be, a restart is a stop.
template <typename A, typename... Args>
void KeepArguments(ActorCell& cell, Args&&... args) {
  if constexpr (sizeof...(Args) != 0 && (std::is_copy_constructible_v<std::decay_t<Args>> && ...) &&
                std::is_constructible_v<A, const std::decay_t<Args>&...>) {
    ExtrasOf(cell).remake = [kept = std::tuple<std::decay_t<Args>...>(args...)](ActorCell& again) {
      std::apply([&](const auto&... copies) { ObjectOf<A>::Make(again, copies...); }, kept);
    };
  }
}

// Its home and its parent learn of an actor whose cell is filled in.
inline void Announce(ActorLoop& home, ActorCell* cell, ActorCell* parent, bool local) {
  if (local) return home.Begin(cell, parent);
  if (parent != nullptr) {
    CellExtras& known = ExtrasOf(*parent);
    const uint64_t number = known.remote_children_made++;
    ExtrasOf(*cell).remote_number = number;
    known.remote_children.emplace_hint(known.remote_children.end(), number,
                                       RemoteChild{cell->id()});
    // A stop tells this child too. Only looked at where the parent itself is still being made: then
    // its home may look at its flags as well.
    if ((parent->flags & ActorCell::kTold) != 0) parent->flags &= ~ActorCell::kTold;
  }
  SendBegin(cell->id());
}

// Makes an actor in `home`. With a parent: called on the parent's loop.
template <typename A, typename... Args>
ActorRef<A> SpawnIn(ActorLoop& home, ActorCell* parent, Args&&... args) {
  CheckHooks<A>();
  const ActorType& type = ActorTypeOf<A>::kType;
  // A parent that is still being made for another loop has its children begun there too.
  ActorLoop* here = ActorLoop::Current();
  const bool local = here == &home && (parent == nullptr || parent->loop() == &home);
  // The end of the system waits until this actor is announced, or was refused.
  const bool outside = here == nullptr || &here->system() != &home.system();
  const ActorLoop::Outsider outsider(outside ? &home : nullptr);
  ActorCell* cell = local ? home.TakeCell() : home.TakeSharedCell();
  auto give_back = [&] {
    delete std::exchange(cell->extras, nullptr);
    cell->flags = 0;
    cell->parent = nullptr;
    local ? home.ReturnCell(cell) : home.ReturnSharedCell(cell);
  };
  ActorRef<A> ref(cell->id());
  if (local ? home.refuses_spawns() : outsider.closed() || !home.system().accepting()) {
    give_back();  // the system ends: a reference to an actor that is gone
    return ref;
  }
  cell->type = &type;
  cell->queued_max = type.mailbox.capacity;
  if (type.measured) {
    ExtrasOf(*cell).measures = std::make_unique<Measures>();
    cell->ObserveArrivals();
  }
  if (home.system().on_message()) cell->flags |= ActorCell::kObserved;
  if (home.TakeTenancy()) {
    cell->flags |= ActorCell::kTenant;
    constexpr auto kRefuses = [](Overflow policy) {
      return policy == Overflow::kDropNewest || policy == Overflow::kFail;
    };
    home.SetRefusing(kRefuses(type.mailbox.overflow) ? cell : nullptr);
  }
  const bool keeps = parent != nullptr
                         ? parent->type->supervision != nullptr || parent->type->decide != nullptr
                         : home.system().root_supervision() != nullptr;
  if (!local) {
    // Before the object is made: its constructor may make the cell known to its home.
    cell->flags |= ActorCell::kShared | ActorCell::kUnstarted;
    if (parent != nullptr) {
      cell->flags |= ActorCell::kRemoteChild;
      cell->parent = parent;
      ExtrasOf(*cell).remote_parent = parent->id();
    }
  }
#if ZOKIO_EXCEPTIONS
  try {
    if (keeps) KeepArguments<A>(*cell, args...);
    ObjectOf<A>::Make(*cell, std::forward<Args>(args)...);
  } catch (...) {
    // It may have children and mail by now: it ends as others do, without ever having an object.
    Announce(home, cell, parent, local);
    throw;
  }
#else
  if (keeps) KeepArguments<A>(*cell, args...);
  ObjectOf<A>::Make(*cell, std::forward<Args>(args)...);
#endif
  Announce(home, cell, parent, local);
  return ref;
}

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_SPAWN_H_
