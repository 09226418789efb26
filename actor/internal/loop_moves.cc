// The part of ActorLoop that hands actors over to other loops of its group.
//
// An idle actor X moves from its old home O to its new home N:
//   1. O takes X out of its lists, marks it as arriving and stores N as its home. From then on its
//      cell is N's, and whoever sends to it sends to N.
//   2. N holds back what comes for X, but what comes from O: that was sent before.
//   3. O asks every loop of the group for a fence: a loop's answer comes by its ring to O after all
//      that it had sent there, for X too; and O sends that on to N as it comes. Threads outside
//      count themselves in O while they send; once O has seen nobody, it takes its inbox once more.
//   4. When all of that has come, nothing is on its way to X by O any more: O tells N so, by the
//      ring by which it had sent on what came. N handles that first, then what it held back.
//   5. N says that X lives there. Until then O counts it as its own, so that no shutdown misses it.
// So what one sender tells X comes in its order, whichever way it went. X waits for a round trip.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "actor/internal/control_message.h"
#include "actor/internal/extras.h"
#include "actor/internal/loop.h"
#include "actor/internal/placer.h"
#include "actor/internal/supervise.h"
#include "actor/internal/system_core.h"
#include "actor/placement.h"

namespace zokio::internal {
namespace {

struct MoveActor {
  static constexpr std::string_view kName = "move";
  uint32_t to;
  void Run(ActorLoop& loop, ActorCell& cell) { loop.WishMove(&cell, to); }
};

struct Fenced {
  static constexpr std::string_view kName = "fenced";
  uint64_t move;
  void Run(ActorLoop& loop, ActorCell&) { loop.FencePassed(move); }
};

struct Fence {
  static constexpr std::string_view kName = "fence";
  ActorLoop* old_home;
  uint64_t move;
  void Run(ActorLoop&, ActorCell&) { PostControl(old_home->control_id(), Fenced{move}); }
};

struct Arrived {
  static constexpr std::string_view kName = "arrived";
  uint64_t move;
  void Run(ActorLoop& loop, ActorCell&) { loop.EndMove(move); }
};

struct Arrive {
  static constexpr std::string_view kName = "arrive";
  ActorCell* cell;
  ActorLoop* old_home;
  uint64_t move;
  void Run(ActorLoop& loop, ActorCell&) {
    loop.TakeIn(cell);
    PostControl(old_home->control_id(), Arrived{move});
  }
};

}  // namespace

void SendMove(ActorId target, uint32_t to) { PostControl(target, MoveActor{to}); }

// It moves as soon as it is idle at the end of a turn.
void ActorLoop::WishMove(ActorCell* cell, uint32_t to) {
  if (to == index_ || to - group_first_ >= outboxes_.size()) return;
  ExtrasOf(*cell).move_to = to;
  cell->flags |= ActorCell::kMoveWish;
}

// Nothing of it is anywhere but in its cell and its object.
bool ActorLoop::IsMovable(const ActorCell* cell) const {
  constexpr uint32_t kAllowed =
      ActorCell::kMoveWish | ActorCell::kShared | ActorCell::kRemoteChild | ActorCell::kObserved;
  if ((cell->flags & ~kAllowed) != 0 || cell->object == nullptr) return false;
  if (cell->HasMail() || !cell->system.empty() || cell->first_child != nullptr) return false;
  // A wake that is on its way to who has ended is counted here, and comes here.
  if (cell->activations != nullptr || in_transit_ != 0) return false;
  const CellExtras& extras = *cell->extras;
  if (!extras.remote_children.empty() || !extras.escalated.empty()) return false;
  if (shutdown_seen_ || shutdown_.load(memory_order_relaxed)) return false;
  // The order of those who live elsewhere is not that in which they were born.
  const ActorCell* parent = cell->parent;
  const bool local_parent = parent != nullptr && (cell->flags & ActorCell::kRemoteChild) == 0;
  return !local_parent || parent->type->supervision == nullptr ||
         parent->type->supervision->strategy != Strategy::kRestForOne;
}

void ActorLoop::TryMove(ActorCell* cell) {
  if (!IsMovable(cell)) return;
  cell->flags &= ~ActorCell::kMoveWish;
  ActorLoop& to = system_.loop(cell->extras->move_to);
  UnlinkChild(cell);
  if (cell->parent != nullptr && (cell->flags & ActorCell::kRemoteChild) == 0) {
    CellExtras& known = ExtrasOf(*cell->parent);
    cell->extras->remote_number = known.remote_children_made++;
    known.remote_children.emplace_hint(known.remote_children.end(), cell->extras->remote_number,
                                       RemoteChild{cell->id(), cell->extras->restarts_told});
    cell->extras->remote_parent = cell->parent->id();
    cell->flags |= ActorCell::kRemoteChild;
  }
  cell->flags |= ActorCell::kArriving;
  cell->queued_max = 0;
  cell->extras->old_home = index_ - group_first_;
  const uint64_t number = ++moves_begun_;
  moves_.push_back(Move{number, cell, &to, static_cast<uint32_t>(outboxes_.size()) - 1});
  // Released: whoever finds the actor there may touch its cell. Sequentially consistent with the
  // count of outsiders: who is not seen there sees this.
  cell->SetLoop(&to);
  for (uint32_t i = 0; i < outboxes_.size(); ++i) {
    ActorLoop& peer = system_.loop(group_first_ + i);
    if (&peer != this) PostControl(peer.control_id(), Fence{this, number});
  }
}

void ActorLoop::FencePassed(uint64_t number) {
  for (Move& move : moves_) {
    if (move.number == number) --move.fences;
  }
}

// After each look at what is inbound; `alone`: before it nobody was inside PostFromOutside.
void ActorLoop::StepMoves(bool alone) {
  for (Move& move : moves_) {
    if (alone) move.inbox_taken = true;
    if (move.fences != 0 || !move.inbox_taken || move.told) continue;
    move.told = true;
    PostControl(move.to->control_id(), Arrive{move.cell, this, move.number});
  }
}

void ActorLoop::EndMove(uint64_t number) {
  // None, where this loop was killed meanwhile.
  const auto ended = std::erase_if(moves_, [&](const Move& move) { return move.number == number; });
  live_ -= static_cast<int64_t>(ended);
  system_.CountMoves(ended);
}

// At the new home: all that came by the old one is in the mailbox.
void ActorLoop::TakeIn(ActorCell* cell) {
  ++live_;
  cell->flags &= ~ActorCell::kArriving;
  cell->ResetBound();
  ActorCell*& head = SiblingsOf(cell);
  cell->next_sibling = head;
  if (head != nullptr) head->previous_sibling = cell;
  head = cell;
  EnvelopeList held = std::exchange(cell->extras->held, EnvelopeList());
  while (!held.empty()) Accept(held.PopFront());
  if (shutdown_seen_) RequestStop(cell, killed_);
  if (cell->HasMail() || !cell->system.empty()) Queue(cell);
}

// True: the actor is on its way here, and this waits for it.
bool ActorLoop::HoldBack(ActorCell* cell, Envelope* envelope) {
  if (receiving_from_ == cell->extras->old_home) return false;
  cell->extras->held.PushBack(envelope);
  return true;
}

// What came for an actor that has moved away.
void ActorLoop::PassOn(Envelope* envelope) {
  ActorLoop* home = envelope->target->loop();
  Stage(home->index_ - group_first_, envelope);
}

// Whom to move.

void ActorLoop::EndTurn(Instant begin) {
  const Instant now = system_.clock().Now();
  uint32_t load = 0;
  if (!placer_->EndTurn(begin, now, &load)) return;
  load_.store(load, memory_order_relaxed);
  load_at_ns_.store(now.time_since_epoch().count(), memory_order_relaxed);
  Place(now);
}

uint32_t ActorLoop::ExpectedLoad(Instant now) const {
  const int64_t age = now.time_since_epoch().count() - load_at_ns_.load(memory_order_relaxed);
  const uint32_t load = load_.load(memory_order_relaxed);
  const int64_t fresh = 2 * Placer::kPeriod.count();
  return age <= fresh ? load : static_cast<uint32_t>(load * fresh / age);
}

std::vector<LoopLoad> ActorLoop::GroupLoads(Instant now) const {
  const std::vector<uint32_t>& nodes = system_.placement().nodes;
  std::vector<LoopLoad> loads(outboxes_.size());
  for (uint32_t i = 0; i < loads.size(); ++i) {
    loads[i].node = group_first_ == 0 && i < nodes.size() ? nodes[i] : 0;
    loads[i].load = system_.loop(group_first_ + i).ExpectedLoad(now);
  }
  return loads;
}

void ActorLoop::Place(Instant now) {
  const uint32_t self = index_ - group_first_;
  const std::vector<LoopLoad> loads = GroupLoads(now);
  const auto lives_here = [this](ActorId actor) {
    ActorCell* cell = actor.cell();
    return cell->loop() == this && cell->generation() == actor.generation() &&
           cell->type != nullptr && (cell->flags & ActorCell::kNoMail) == 0;
  };
  const PlacementOptions& options = placer_->options();
  if (options.follow_talk) {
    // Long enough for both sides of a pair to be in the same epoch most of the time.
    const auto epoch = static_cast<uint64_t>(now.time_since_epoch() / (8 * Placer::kPeriod));
    placer_->talks().Take(Placer::kTalksMin, [&](const TalkSampler::Entry& entry) {
      if (!lives_here(entry.actor) || !ShouldFollow(loads, self, entry.to, epoch)) return;
      WishMove(entry.actor.cell(), group_first_ + entry.to);
    });
  }
  if (!options.balance) return;
  uint32_t total = 0;
  std::vector<TalkSampler::Entry> busy;
  placer_->busy().Take(1, [&](const TalkSampler::Entry& entry) {
    total += entry.count;
    if (lives_here(entry.actor)) busy.push_back(entry);
  });
  const std::optional<size_t> relief = ChooseRelief(loads, self);
  if (!relief.has_value()) return;
  // The busiest of those whose move makes the two more equal.
  const TalkSampler::Entry* best = nullptr;
  for (const TalkSampler::Entry& entry : busy) {
    const uint32_t share = loads[self].load * entry.count / total;
    if (loads[*relief].load + share + kLoadSlack > loads[self].load) continue;
    if (best == nullptr || entry.count > best->count) best = &entry;
  }
  if (best != nullptr) {
    WishMove(best->actor.cell(), group_first_ + static_cast<uint32_t>(*relief));
  }
}

}  // namespace zokio::internal
