// The part of ActorLoop that begins and ends actors.
#include <algorithm>
#include <optional>
#include <utility>

#include "actor/internal/control.h"
#include "actor/internal/dispatch.h"
#include "actor/internal/extras.h"
#include "actor/internal/loop.h"
#include "actor/internal/supervise.h"
#include "actor/internal/system_core.h"
#include "base/parker.h"

namespace zokio::internal {
// A parent in another loop is not looked at from here.
ActorId ActorLoop::ParentOf(ActorCell* cell) {
  if ((cell->flags & ActorCell::kRemoteChild) != 0) return cell->extras->remote_parent;
  return cell->parent != nullptr ? cell->parent->id() : ActorId();
}

ActorCell*& ActorLoop::SiblingsOf(ActorCell* cell) {
  if ((cell->flags & ActorCell::kRemoteChild) != 0) return guests_;
  return cell->parent == nullptr ? roots_ : cell->parent->first_child;
}

void ActorLoop::Begin(ActorCell* cell, ActorCell* parent) {
  cell->parent = parent;
  ++live_;
  ++counters_.spawned;
  const bool guest = (cell->flags & ActorCell::kRemoteChild) != 0;
  ActorCell*& head = SiblingsOf(cell);
  cell->next_sibling = head;
  if (head != nullptr) head->previous_sibling = cell;
  head = cell;
  if (parent != nullptr && !guest) parent->flags &= ~ActorCell::kTold;  // a stop tells this too
  if (cell->object == nullptr) {
    cell->flags |= ActorCell::kSuspended;  // its constructor threw: so it failed
    RequestStop(cell, /*kill=*/true);
  } else if (cell->type->started != nullptr) {
    cell->flags |= ActorCell::kUnstarted;
    Queue(cell);
  }
}

// What came before it had begun at home stands in the mailbox as it came.
void ActorLoop::RankMail(ActorCell* cell) {
  EnvelopeList mail = std::exchange(cell->mail, EnvelopeList());
  while (!mail.empty()) {
    Envelope* envelope = mail.PopFront();
    switch (envelope->type->lane) {
      case Lane::kRanked:
        PushRanked(cell, envelope);
        break;
      case Lane::kUrgent:
        ExtrasOf(*cell).urgent.PushBack(envelope);
        cell->flags |= ActorCell::kUrgentMail;
        break;
      default:
        cell->mail.PushBack(envelope);
    }
  }
}

// The first turn of an actor that has something to do then: a hook, or to be begun at home.
void ActorLoop::Start(ActorCell* cell) {
  if ((cell->flags & ActorCell::kShared) != 0) Begin(cell, cell->parent);
  cell->flags &= ~ActorCell::kUnstarted;
  if (cell->type->ranks) RankMail(cell);
  if (shutdown_seen_) RequestStop(cell, killed_);
  if (cell->type->started != nullptr && cell->object != nullptr) cell->type->started(*cell);
}

void ActorLoop::RequestStop(ActorCell* cell, bool kill) {
  cell->flags |= ActorCell::kStopping;
  // The end of everything is nobody's failure.
  if (kill && !killed_) cell->flags |= ActorCell::kCutShort;
  if (kill && (cell->flags & ActorCell::kKilled) == 0) {
    cell->flags |= ActorCell::kKilled;
    cell->flags &= ~ActorCell::kTold;
  }
  Queue(cell);
}

void ActorLoop::Restart(ActorCell* cell) {
  ++ExtrasOf(*cell).restarts_heard;
  if ((cell->flags & ActorCell::kStopping) != 0) return;
  cell->flags |= ActorCell::kRestarting | ActorCell::kKilled;
  Queue(cell);
}

// One step of a stop or restart: children and coroutines first. False when the cell is gone.
bool ActorLoop::Advance(ActorCell* cell) {
  const bool kill = (cell->flags & ActorCell::kKilled) != 0;
  if ((cell->flags & ActorCell::kTold) == 0) {
    cell->flags |= ActorCell::kTold;
    for (ActorCell* child = cell->first_child; child != nullptr; child = child->next_sibling) {
      RequestStop(child, kill);
    }
    if (cell->extras != nullptr) {
      for (const auto& [number, child] : cell->extras->remote_children) SendStop(child.id, kill);
    }
    CancelActivations(cell, kill);
  }
  if (cell->first_child != nullptr || cell->activations != nullptr) return true;
  // Where the executor ends, another loop may never run again.
  if (!killed_ && cell->extras != nullptr && !cell->extras->remote_children.empty()) return true;
  if ((cell->flags & ActorCell::kStopping) == 0) {
    Remake(cell);
    return true;  // where that failed for good, the stop has a turn of its own
  }
  if ((cell->flags & ActorCell::kHooked) == 0) {
    cell->flags |= ActorCell::kHooked;
    // Without an object: it failed while it was made anew.
    if (cell->type->stopping != nullptr && cell->object != nullptr) cell->type->stopping(*cell);
    if ((cell->flags & ActorCell::kTold) == 0) return Advance(cell);  // the hook began something
  }
  Finish(cell);
  return false;
}

// All of them, or those of the background.
void ActorLoop::CancelActivations(ActorCell* cell, bool all) {
  for (Activation* activation = cell->activations; activation != nullptr;) {
    Activation* next = activation->next_of_cell;
    if (next != nullptr) next->references.fetch_add(1, memory_order_relaxed);
    if (all || activation->kind == ActivationKind::kBackground) CancelActivation(activation);
    // What one does while it is withdrawn may have ended the next one: then once more from the
    // first, where those that were told already are passed over.
    activation = next != nullptr && next->ended ? cell->activations : next;
    if (next != nullptr) next->Unref();
  }
}

void ActorLoop::Remake(ActorCell* cell) {
  constexpr uint32_t kDone = ActorCell::kRestarting | ActorCell::kTold | ActorCell::kKilled;
  const bool remakes = cell->extras != nullptr && cell->extras->remake;
  cell->flags &= ~kDone;
  if (!remakes && cell->type->make == nullptr) {
    RequestStop(cell, /*kill=*/true);  // nobody kept what it was made of
    return;
  }
  cell->type->destroy(*cell);
  cell->flags &= ~ActorCell::kSuspended;
  // What the old object had put aside, the new one does not know of.
  if (cell->extras != nullptr) {
    cell->extras->escalated.clear();
    cell->extras->failed_again.reset();
    const Envelope* stashed = cell->extras->stash.front();
    for (; stashed != nullptr; stashed = stashed->next) cell->queued.Add(1);
    PutBack(cell);
  }
  Envelope* none = nullptr;
  Guarded(*this, *cell, none, [&] {
    if (remakes) {
      cell->extras->remake(*cell);
    } else {
      cell->type->make(*cell);
    }
  });
  ++ExtrasOf(*cell).restarted;
  if (cell->object != nullptr && cell->type->restarted != nullptr) cell->type->restarted(*cell);
}

void ActorLoop::Finish(ActorCell* cell) {
  cell->type->destroy(*cell);
  ActorCell* parent = cell->parent;
  ActorId id = cell->id();
  const bool remote_child = (cell->flags & ActorCell::kRemoteChild) != 0;
  ActorId parent_id = remote_child ? ParentOf(cell) : ActorId();
  const uint64_t number = remote_child ? cell->extras->remote_number : 0;
  UnlinkChild(cell);
  CellExtras* extras = std::exchange(cell->extras, nullptr);
  EnvelopeList mail = std::exchange(cell->mail, EnvelopeList());
  EnvelopeList system = std::exchange(cell->system, EnvelopeList());
  const bool shared = (cell->flags & ActorCell::kShared) != 0;
  if ((cell->flags & ActorCell::kTenant) != 0) {
    SetRefusing(nullptr);
    rented_.store(false, memory_order_release);
  }
  const Ending ending = (cell->flags & ActorCell::kSuspended) != 0  ? Ending::kFailed
                        : (cell->flags & ActorCell::kCutShort) != 0 ? Ending::kKilled
                                                                    : Ending::kStopped;
  cell->flags = 0;
  cell->queued.Set(0);
  cell->object = nullptr;
  cell->parent = nullptr;
  // Its references are void from here on.
  if (shared) {
    shared_pool_.Return(cell);
  } else {
    pool_.Return(cell);
  }
  --live_;
  ++counters_.ended;
  running_ = nullptr;
  auto reject = [this](EnvelopeList& list) {
    while (!list.empty()) Reject(list.PopFront(), DeadLetterReason::kStopped);
  };
  if (extras != nullptr) {
    reject(extras->urgent);
    while (!extras->ranked.empty()) {
      Reject(extras->ranked.PopFirst(), DeadLetterReason::kStopped);
    }
  }
  reject(mail);
  reject(system);
  if (extras != nullptr) {
    reject(extras->stash);
    reject(extras->waiting);
    for (const ActorId muted : extras->muted) SendUnmute(muted, id);
    for (const Watcher& watcher : extras->watchers) {
      watcher.notify(watcher.id, id, ending);
    }
    delete extras;
  }
  if (remote_child) {
    SendChildEnded(parent_id, number);
  } else if (parent != nullptr &&
             (parent->flags & (ActorCell::kStopping | ActorCell::kRestarting)) != 0) {
    Queue(parent);
  }
}

void ActorLoop::UnlinkChild(ActorCell* cell) {
  if (cell->previous_sibling != nullptr) {
    cell->previous_sibling->next_sibling = cell->next_sibling;
  } else {
    SiblingsOf(cell) = cell->next_sibling;
  }
  if (cell->next_sibling != nullptr) cell->next_sibling->previous_sibling = cell->previous_sibling;
  cell->next_sibling = nullptr;
  cell->previous_sibling = nullptr;
}

// Handles nothing more until its parent has decided.
void ActorLoop::Failed(ActorCell* cell, Failure failure) {
  system_.CountFailure();
  if ((cell->flags & (ActorCell::kStopping | ActorCell::kRestarting)) != 0) return;
  if ((cell->flags & ActorCell::kSuspended) != 0) {
    // A decision is on its way. Unless that is to go on, it holds for this failure as well.
    std::optional<Failure>& again = ExtrasOf(*cell).failed_again;
    if (!again.has_value()) again.emplace(std::move(failure));
    return;
  }
  cell->flags |= ActorCell::kSuspended;
  Report(cell, std::move(failure));
}

void ActorLoop::Report(ActorCell* cell, Failure failure) {
  if (cell->parent != nullptr) {
    const bool remote = (cell->flags & ActorCell::kRemoteChild) != 0;
    const CellExtras* extras = cell->extras;
    SendChildFailed(ParentOf(cell),
                    FailedChild{cell->id(), remote, remote ? extras->remote_number : 0,
                                extras != nullptr ? extras->restarts_heard : 0},
                    std::move(failure));
  } else {
    Supervise(*this, nullptr, cell->id(), failure);
  }
}

void ActorLoop::Resume(ActorCell* cell) {
  if (cell->object == nullptr) return RequestStop(cell, /*kill=*/true);  // nothing to go on with
  if (cell->extras != nullptr) {
    std::optional<Failure> again = std::exchange(cell->extras->failed_again, std::nullopt);
    if (again.has_value()) return Report(cell, *std::move(again));  // and waits for that one too
  }
  cell->flags &= ~ActorCell::kSuspended;
  Queue(cell);
  if (cell->extras == nullptr) return;
  // It was for their failures that this one waited.
  for (ActorId child : std::exchange(cell->extras->escalated, {})) SendResume(child);
}

// The end of the system.

void ActorLoop::PostShutdown(bool kill) {
  if (kill) kill_.store(true, memory_order_relaxed);  // published by the next line
  shutdown_.store(true, memory_order_release);
  WakeUp();
}

// Looks at what is inbound too: a spawn of another loop may be on its way, also where it stands
// behind what a thread outside has claimed a place for and not published yet.  REQUIRES, for that
// to be all: every loop has heard of the shutdown, so none begins another spawn.
bool ActorLoop::Empty() const {
  if (AnythingInbound() || (ring_ != nullptr && !ring_->settled())) return false;
  return live_ == 0 && in_transit_ == 0 && dirty_.empty() && run_head_ == nullptr && woken_.empty();
}

bool ActorLoop::ShutdownCanStep() const {
  if (!shutdown_.load(memory_order_acquire)) return false;
  if (kill_.load(memory_order_relaxed) != kill_told_) return true;
  if (!shutdown_seen_) return moves_.empty();  // whoever ends one wakes this loop
  return drained_ ? system_.all_drained() : system_.all_heard() && Empty();
}

void ActorLoop::Abandon() {
  system_.BeginShutdown(/*kill=*/true);
  if (!std::exchange(shutdown_seen_, true)) system_.Heard();
  if (!std::exchange(drained_, true)) system_.Drained();
  system_.Ended();
}

// True once every loop is empty.
bool ActorLoop::StepShutdown() {
  killed_ = kill_.load(memory_order_relaxed);
  if (killed_) {
    // Others may never run again: who is on the way to them dies with its cell.
    live_ -= static_cast<int64_t>(moves_.size());
    moves_.clear();
  }
  // No loop is drained before all have heard, so none before who is on the way to it is there.
  if (!moves_.empty()) return false;
  if (!shutdown_seen_ || killed_ != kill_told_) {
    const bool first = !std::exchange(shutdown_seen_, true);
    kill_told_ = killed_;
    for (ActorCell* root = roots_; root != nullptr; root = root->next_sibling) {
      RequestStop(root, killed_);
    }
    FlushAll();
    if (first) system_.Heard();
  }
  if (!drained_ && system_.all_heard() && Empty()) {
    drained_ = true;
    system_.Drained();
  }
  return drained_ && system_.all_drained();
}

void ActorLoop::Close() {
  closed_.store(true, memory_order_seq_cst);
  // They are a few instructions from their end, and may not touch this object after it.
  // Sequentially consistent as their side is: each counts itself and then looks whether it is
  // closed, so either it sees that or is seen here; an acquire alone could be done before the store
  // above.
  Parker parker;
  while (outsiders_.load(memory_order_seq_cst) != 0) {
    parker.ParkUntil(Clock::Monotonic().Now() + std::chrono::microseconds(20));
  }
  DiscardAll();
}

// What is left was sent too late.  REQUIRES: nobody else uses the loop.
void ActorLoop::DiscardAll() {
  auto discard = [this](Envelope* envelope) {
    if (envelope->type->lane == Lane::kWake) {
      static_cast<Activation*>(envelope)->Unref();
    } else {
      Reject(envelope, DeadLetterReason::kShutdown);
    }
  };
  for (auto& queue : inbound_) {
    if (queue == nullptr) continue;
    queue->Publish();
    queue->Observe();
    queue->TakeObserved([&](Envelope* envelope) { discard(envelope); }, [](Envelope*) {});
  }
  while (ring_ != nullptr && !ring_->empty()) ring_->Drain(discard);
  for (Envelope* envelope = inbox_.TakeAll(); envelope != nullptr;) {
    discard(std::exchange(envelope, envelope->next));
  }
  auto discard_actor = [&](ActorCell* cell) {
    if (cell->generation() % 2 == 0) return;
    while (!cell->system.empty()) discard(cell->system.PopFront());
    if (cell->type == nullptr) return;  // the loop's own
    while (!cell->mail.empty()) discard(cell->mail.PopFront());
    if (cell->extras != nullptr) {
      while (!cell->extras->ranked.empty()) discard(cell->extras->ranked.PopFirst());
      for (EnvelopeList* list : {&cell->extras->urgent, &cell->extras->stash,
                                 &cell->extras->waiting, &cell->extras->held}) {
        while (!list->empty()) discard(list->PopFront());
      }
    }
    while (cell->activations != nullptr) {
      Activation* activation = cell->activations;
      cell->activations = activation->next_of_cell;
      activation->ended = true;
      activation->table->drop(activation);
      activation->Unref();
    }
    cell->type->destroy(*cell);
    delete std::exchange(cell->extras, nullptr);
  };
  pool_.ForEach(discard_actor);
  shared_pool_.pool().ForEach(discard_actor);
}

}  // namespace zokio::internal
