// The part of ActorLoop that looks at actors and messages for others: measures, traces, inspection.
#include <utility>
#include <vector>

#include "actor/inspect.h"
#include "actor/internal/extras.h"
#include "actor/internal/loop.h"
#include "actor/internal/measures.h"
#include "actor/internal/system_core.h"

namespace zokio::internal {

// A message comes to an actor whose mail is looked at. False when it was taken away.
bool ActorLoop::Observe(ActorCell* cell, Envelope* envelope) {
  if (cell->extras == nullptr) return true;
  if (cell->extras->intercept && !cell->extras->intercept(*envelope)) {
    Reject(envelope, DeadLetterReason::kIntercepted);
    return false;
  }
  if (cell->extras->measures != nullptr) {
    cell->extras->measures->Arrived(envelope, system_.clock());
  }
  return true;
}

void ActorLoop::DeliverObserved(ActorCell* cell, Envelope* envelope) {
  if (system_.on_message() && !envelope->type->quiet) {
    trace_ = (uint64_t{++traced_} << 16) + index_ + 1;
    system_.on_message()(TraceEvent{trace_, envelope->cause,
                                    ActorId(envelope->sender, envelope->sender_generation),
                                    cell->id(), cell->type->name, envelope->type->name});
  }
  Measures* measures = cell->extras != nullptr ? cell->extras->measures.get() : nullptr;
  if (measures != nullptr && measures->IsSample(envelope)) {
    const Instant begin = system_.clock().Now();
    envelope->type->deliver(*this, *cell, envelope);
    measures->Handled(begin, system_.clock().Now());
  } else {
    envelope->type->deliver(*this, *cell, envelope);
  }
  trace_ = 0;
}

std::vector<ActorInfo> ActorLoop::Inspect() {
  std::vector<ActorInfo> infos;
  std::vector<ActorCell*> open;
  auto add_siblings = [&](ActorCell* first) {
    for (ActorCell* cell = first; cell != nullptr; cell = cell->next_sibling) open.push_back(cell);
  };
  add_siblings(roots_);
  add_siblings(guests_);
  while (!open.empty()) {
    ActorCell* cell = open.back();
    open.pop_back();
    add_siblings(cell->first_child);
    ActorInfo info;
    info.id = cell->id();
    info.parent = ParentOf(cell);
    info.type = cell->type->name;
    info.loop = index_;
    info.queued = cell->queued.value();
    for (Activation* at = cell->activations; at != nullptr; at = at->next_of_cell) {
      ++info.coroutines;
    }
    info.busy = (cell->flags & ActorCell::kBusy) != 0;
    info.failed = (cell->flags & ActorCell::kSuspended) != 0;
    info.stopping = (cell->flags & ActorCell::kStopping) != 0;
    info.held_back = (cell->flags & ActorCell::kMuted) != 0;
    if (cell->extras != nullptr) {
      info.restarts = cell->extras->restarted;
      if (cell->extras->measures != nullptr) info.times = cell->extras->measures->Times();
    }
    infos.push_back(info);
  }
  return infos;
}

}  // namespace zokio::internal
