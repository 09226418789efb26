#include "actor/internal/supervise.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "actor/internal/background.h"
#include "actor/internal/control.h"
#include "actor/internal/extras.h"
#include "actor/internal/system_core.h"
#include "future/sleep.h"
#include "future/task.h"

namespace zokio::internal {
namespace {

Task<void> RestartLater(ActorId child, Duration delay) {
  co_await SleepFor(delay);
  SendRestart(child);
}

// Counts a restart. False where there were too many in the window; else `delay` is how long to
// wait before it.
bool CountRestart(ActorLoop& loop, std::vector<Instant>& restarts, const Supervision& policy,
                  Duration* delay) {
  Instant now = loop.system().clock().Now();
  std::erase_if(restarts, [&](Instant at) { return now - at > policy.window; });
  if (restarts.size() >= policy.restarts_max) return false;
  restarts.push_back(now);
  int64_t nanos = policy.backoff_min.count();
  for (size_t i = 1; i < restarts.size() && nanos < policy.backoff_max.count(); ++i) nanos *= 2;
  nanos = std::min(nanos, policy.backoff_max.count());
  if (nanos > 0) nanos -= loop.random().Below(256) * (nanos / 1024);
  *delay = Duration(nanos);
  return true;
}

// Whom a decision is about.
struct Child {
  ActorId id;
  uint32_t* restarts_told;  // null: it has no siblings, for whose failures it could be restarted
};

// The failed child and, by the strategy, its siblings.
std::vector<Child> Concerned(ActorCell* parent, ActorId child, Strategy strategy) {
  if (parent == nullptr || strategy == Strategy::kOneForOne) return {Child{child, nullptr}};
  std::vector<Child> children;
  bool found = false;
  // The youngest first.
  for (ActorCell* at = parent->first_child; at != nullptr && !found; at = at->next_sibling) {
    children.push_back(Child{at->id(), &ExtrasOf(*at).restarts_told});
    found = strategy == Strategy::kRestForOne && at->id() == child;
  }
  // Children of other loops: by their own order, after those of this one.
  if (parent->extras != nullptr) {
    auto& remote = parent->extras->remote_children;
    auto from = remote.begin();
    if (strategy == Strategy::kRestForOne && !found) {
      children.clear();
      from =
          std::find_if(from, remote.end(), [&](const auto& at) { return at.second.id == child; });
    }
    for (; from != remote.end(); ++from) {
      children.push_back(Child{from->second.id, &from->second.restarts_told});
    }
  }
  return children;
}

void Command(ActorLoop& loop, ActorCell* parent, const Child& concerned, Directive directive,
             Duration delay) {
  const ActorId child = concerned.id;
  switch (directive) {
    case Directive::kResume:
      return SendResume(child);
    case Directive::kStop:
    case Directive::kEscalate:
      return SendStop(child, /*kill=*/true);
    case Directive::kRestart:
      break;
  }
  if (concerned.restarts_told != nullptr) ++*concerned.restarts_told;
  if (delay.count() <= 0) return SendRestart(child);
  // The clock runs where somebody can wait: with the parent, or with a root itself.
  ActorCell* waits = parent != nullptr ? parent : child.cell();
  loop.Launch(waits, MakeBackground(RestartLater(child, delay)), ActivationKind::kBackground);
}

}  // namespace

bool IsDecided(const ActorCell& parent, const FailedChild& child) {
  uint32_t told = 0;
  if (child.remote) {
    const auto known = parent.extras->remote_children.find(child.number);
    if (known != parent.extras->remote_children.end()) told = known->second.restarts_told;
  } else if (IsAlive(child.id) && child.id.cell()->loop() != parent.loop()) {
    // Restarted for a sibling's sake, it has moved away since: what it has is not to be looked at.
    for (const auto& [number, known] : parent.extras->remote_children) {
      if (known.id == child.id) told = known.restarts_told;
    }
  } else if (IsAlive(child.id) && child.id.cell()->extras != nullptr) {
    told = child.id.cell()->extras->restarts_told;
  }
  return child.restarts_heard < told;
}

void Supervise(ActorLoop& loop, ActorCell* parent, ActorId child, const Failure& failure) {
  const Supervision* policy =
      parent != nullptr ? parent->type->supervision : loop.system().root_supervision();
  Directive directive = policy == nullptr ? Directive::kStop : policy->directive;
  // Without an object, as its constructor threw, there is nobody to ask.
  if (parent != nullptr && parent->type->decide != nullptr && parent->object != nullptr) {
#if ZOKIO_EXCEPTIONS
    try {
      directive = parent->type->decide(*parent, child, failure);
    } catch (...) {
      directive = Directive::kEscalate;  // who cannot decide asks above
    }
#else
    directive = parent->type->decide(*parent, child, failure);
#endif
  }
  static constexpr Supervision kDefault;
  if (policy == nullptr) policy = &kDefault;
  Duration delay{0};
  if (directive == Directive::kRestart) {
    auto& restarts = ExtrasOf(parent != nullptr ? *parent : *child.cell()).restarts;
    if (!CountRestart(loop, restarts, *policy, &delay)) directive = Directive::kEscalate;
  }
  if (directive == Directive::kEscalate && parent != nullptr) {
    // What becomes of the parent becomes of its children.
    ExtrasOf(*parent).escalated.push_back(child);
    loop.Failed(parent, failure);
    return;
  }
  const Strategy strategy =
      directive == Directive::kResume ? Strategy::kOneForOne : policy->strategy;
  for (const Child& concerned : Concerned(parent, child, strategy)) {
    Command(loop, parent, concerned, directive, delay);
  }
}

}  // namespace zokio::internal
