#include "actor/internal/loop.h"

#include <algorithm>
#include <utility>

#include "actor/internal/control.h"
#include "actor/internal/extras.h"
#include "actor/internal/measures.h"
#include "actor/internal/offer.h"
#include "actor/internal/system_core.h"
#include "base/check.h"

namespace zokio::internal {
ActorLoop::ActorLoop(SystemCore& system, uint32_t index, uint32_t group_first, uint32_t group_loops)
    : system_(system),
      index_(index),
      group_first_(group_first),
      batch_(system.batch()),
      outboxes_(group_loops),
      pool_(this),
      random_(index + 1),
      shared_pool_(this) {
  for (uint32_t i = 0; i < group_loops; ++i) {
    const bool self = group_first + i == index;
    inbound_.push_back(self ? nullptr : std::make_unique<PairQueue<Envelope>>(kRingCapacity));
  }
  const PlacementOptions& placement = system.placement();
  if (placement.follow_talk || placement.balance) placer_ = std::make_unique<Placer>(placement);
  control_ = pool_.Take();
}

ActorLoop::~ActorLoop() { DiscardAll(); }

void ActorLoop::ConnectOutboxes() {
  const uint32_t self = index_ - group_first_;
  for (uint32_t i = 0; i < outboxes_.size(); ++i) {
    if (i != self) outboxes_[i].queue = system_.loop(group_first_ + i).inbound_[self].get();
  }
}

// Sending.

void ActorLoop::SendAway(ActorLoop* here, ActorLoop* home, Envelope* envelope) {
  if (here != nullptr && &here->system_ == &home->system_) {
    const uint32_t to = home->index_ - here->group_first_;
    if (to < here->outboxes_.size()) return here->Stage(to, envelope);
  } else if (here != nullptr) {
    // An actor of another system, which may end before this one, is nobody here.
    envelope->sender = nullptr;
    envelope->sender_generation = 0;
  }
  home->PostFromOutside(envelope);
}

void ActorLoop::PostFromOutside(Envelope* envelope) {
  const Outsider outsider(this);
  ActorLoop* home = envelope->target->exact_loop();
  if (__builtin_expect(home != this, 0)) return home->PostFromOutside(envelope);  // it has moved
  if (outsider.closed()) {
    Reject(envelope, DeadLetterReason::kShutdown);
  } else if (ring_ == nullptr) {
    inbox_.Push(envelope);
    WakeUp();
  } else if (ring_->TryPush(envelope)) {
    WakeUp();
  } else if ((envelope->type->lane == Lane::kMail || envelope->type->lane == Lane::kRanked) &&
             !envelope->type->quiet && envelope->target == refusing_.load(memory_order_acquire)) {
    Reject(envelope, DeadLetterReason::kOverflow);
  } else {
    ring_->Push(envelope);
    WakeUp();
  }
}

void ActorLoop::Stage(uint32_t to, Envelope* envelope) {
  Outbox& outbox = outboxes_[to];
  ++counters_.sent_away;
  if (__builtin_expect(placer_ != nullptr, 0) && running_ != nullptr) {
    placer_->Talked(running_->id(), to);
  }
  if (!outbox.dirty) {
    outbox.dirty = true;
    dirty_.push_back(to);
  }
  outbox.queue->Stage(envelope);
  if (outbox.queue->staged() >= batch_.size()) Flush(to);
}

void ActorLoop::Flush(uint32_t to) {
  PairQueue<Envelope>& queue = *outboxes_[to].queue;
  if (queue.staged() == 0) return;
  queue.Publish();
  ++counters_.batches;
  system_.loop(group_first_ + to).WakeUp();
}

void ActorLoop::FlushAll() {
  for (uint32_t to : dirty_) {
    Flush(to);
    outboxes_[to].dirty = false;
  }
  dirty_.clear();
}

// Receiving.

bool ActorLoop::Receive() {
  bool found = false;
  // Looked at before the inbox and taken after it: what a thread sent here comes before all that
  // followed, by whichever loops, from what it sent elsewhere later.
  for (auto& queue : inbound_) {
    if (queue != nullptr) queue->Observe();
  }
  for (Envelope* envelope = inbox_.TakeAll(); envelope != nullptr;) {
    Envelope* next = envelope->next;
    AcceptInbound(envelope);
    envelope = next;
    found = true;
  }
  if (ring_ != nullptr) {
    found |= ring_->Drain([&](Envelope* envelope) { AcceptInbound(envelope); }) != 0;
  }
  for (uint32_t from = 0; from < inbound_.size(); ++from) {
    if (inbound_[from] == nullptr) continue;
    receiving_from_ = from;
    // The envelopes were written by another core: some are fetched ahead of their turn.
    found |= inbound_[from]->TakeObserved([&](Envelope* envelope) { AcceptInbound(envelope); },
                                          [](Envelope* soon) { __builtin_prefetch(soon); }) != 0;
  }
  receiving_from_ = UINT32_MAX;
  return found;
}

bool ActorLoop::AnythingInbound() const {
  if (!inbox_.empty() || (ring_ != nullptr && !ring_->empty())) return true;
  return std::any_of(inbound_.begin(), inbound_.end(),
                     [](const auto& queue) { return queue != nullptr && !queue->empty(); });
}

// An actor spawned from elsewhere may be heard of, from its constructor, before it is complete.
// Until then the thread that makes it owns most of the cell.
bool ActorLoop::IsIncomplete(const ActorCell* cell) {
  constexpr uint32_t kIncomplete = ActorCell::kShared | ActorCell::kUnstarted;
  return (cell->flags & kIncomplete) == kIncomplete;
}

void ActorLoop::AcceptControl(Envelope* envelope) {
  if (envelope->type->lane == Lane::kWake) {
    auto* activation = static_cast<Activation*>(envelope);
    if (activation->ended) {
      --in_transit_;
      activation->Unref();
    } else {
      woken_.PushBack(envelope);
    }
    return;
  }
  ActorCell* cell = envelope->target;
  if (cell->generation() != envelope->generation) {
    Reject(envelope, DeadLetterReason::kNoSuchActor);
    return;
  }
  if ((cell->flags & ActorCell::kArriving) != 0 && HoldBack(cell, envelope)) return;
  if (envelope->type->lane == Lane::kUrgent) return AcceptUrgent(envelope);
  if (envelope->type->lane == Lane::kRanked) return AcceptRanked(envelope);
  const bool complete = !IsIncomplete(cell);
  if (envelope->type->lane == Lane::kOffer && complete) {
    if ((cell->flags & ActorCell::kStopping) != 0) {
      Reject(envelope, DeadLetterReason::kNoSuchActor);
      return;
    }
    if (cell->type->mailbox.overflow == Overflow::kFail) {
      envelope->type->deliver(*this, *cell, envelope);
      return;
    }
    ExtrasOf(*cell).waiting.PushBack(envelope);
    cell->flags |= ActorCell::kSendsWait;
    AdmitWaiting(cell);
    return;
  }
  cell->system.PushBack(envelope);
  if ((cell->flags & ActorCell::kArriving) != 0) return;
  if (complete || IsBegin(envelope)) Queue(cell);
}

void ActorLoop::AcceptUrgent(Envelope* envelope) {
  ActorCell* cell = envelope->target;
  if ((cell->flags & ActorCell::kStopping) != 0) {
    Reject(envelope, DeadLetterReason::kNoSuchActor);
    return;
  }
  if ((cell->flags & ActorCell::kObserved) != 0 && !Observe(cell, envelope)) return;
  cell->queued.Add(1);
  if (IsIncomplete(cell)) {  // its extras are not ours yet: it comes in the order of arrival
    cell->mail.PushBack(envelope);
    return;
  }
  ExtrasOf(*cell).urgent.PushBack(envelope);
  cell->flags |= ActorCell::kUrgentMail;
  if ((cell->flags & ActorCell::kNoMail) == 0) Queue(cell);
}

void ActorLoop::AcceptRanked(Envelope* envelope) {
  ActorCell* cell = envelope->target;
  if ((cell->flags & ActorCell::kStopping) != 0) {
    Reject(envelope, DeadLetterReason::kNoSuchActor);
    return;
  }
  if (cell->queued.value() >= cell->queued_max && !MakeRoom(cell, envelope)) return;
  cell->queued.Add(1);
  if (IsIncomplete(cell)) {  // it gets its rank at the first turn
    cell->mail.PushBack(envelope);
    return;
  }
  PushRanked(cell, envelope);
  if ((cell->flags & ActorCell::kNoMail) == 0) Queue(cell);
}

void ActorLoop::PushRanked(ActorCell* cell, Envelope* envelope) {
  ExtrasOf(*cell).ranked.Push(envelope->type->rank(*envelope), envelope);
  cell->flags |= ActorCell::kUrgentMail;
}

void ActorLoop::PutBack(ActorCell* cell) {
  EnvelopeList list = std::exchange(cell->extras->stash, EnvelopeList());
  if (!cell->type->ranks) return cell->mail.Prepend(&list);
  while (!list.empty()) PushRanked(cell, list.PopFront());
}

void ActorLoop::Reject(Envelope* envelope, DeadLetterReason reason) {
  const Lane lane = envelope->type->lane;
  if (lane == Lane::kOffer) {
    Reject(TakeOffered(envelope), reason);  // it is the message that is not handled
    envelope->type->discard(envelope);
  } else if ((lane == Lane::kMail || lane == Lane::kUrgent || lane == Lane::kRanked) &&
             !envelope->type->quiet) {
    system_.DeadLetterOf(envelope, reason);
  } else {
    envelope->type->discard(envelope);
  }
}

// What makes room for `envelope`: the oldest, or what comes last by rank. What the system says is
// no message to lose.
Envelope* ActorLoop::TakeToDrop(ActorCell* cell, Envelope* envelope) {
  const auto is_lost = [](const Envelope& e) { return !e.type->quiet; };
  if (!cell->type->ranks || IsIncomplete(cell)) return cell->mail.TakeFirst(is_lost);
  if (cell->extras == nullptr) return nullptr;
  const int64_t rank = envelope->type->rank(*envelope);
  return cell->extras->ranked.TakeLast(rank, is_lost);
}

// The mailbox is full and its type says what to do. True when `envelope` is to be put in.
bool ActorLoop::MakeRoom(ActorCell* cell, Envelope* envelope) {
  const MailboxOptions& mailbox = cell->type->mailbox;
  if ((cell->flags & ActorCell::kArriving) != 0 && HoldBack(cell, envelope)) return false;
  if ((cell->flags & ActorCell::kObserved) != 0 && !Observe(cell, envelope)) return false;
  const uint32_t queued = cell->queued.value();
  if (queued < mailbox.capacity) return true;
  // Who is full is not held back itself: so nobody waits in a circle.
  if ((cell->flags & ActorCell::kMuted) != 0) Unmute(cell, ActorId());
  if (envelope->type->quiet) return true;  // what the system says is no message to lose
  if (mailbox.overflow == Overflow::kWait && queued < mailbox.told_max) {
    Press(cell, envelope);
    return true;
  }
  if (mailbox.overflow == Overflow::kDropOldest) {
    Envelope* dropped = TakeToDrop(cell, envelope);
    if (dropped != nullptr) {
      if (cell->extras != nullptr && cell->extras->measures != nullptr) {
        cell->extras->measures->Forget(dropped);
      }
      cell->queued.Subtract(1);
      system_.DeadLetterOf(dropped, DeadLetterReason::kOverflow);
      return true;
    }
  }
  system_.DeadLetterOf(envelope, DeadLetterReason::kOverflow);
  return false;
}

// Sends that wait become mail as long as there is room.
void ActorLoop::AdmitWaiting(ActorCell* cell) {
  if ((cell->flags & ActorCell::kStopping) != 0) return;  // its end answers them
  CellExtras& extras = *cell->extras;
  while (!extras.waiting.empty() && cell->queued.value() < cell->type->mailbox.capacity) {
    Envelope* offer = extras.waiting.PopFront();
    offer->type->deliver(*this, *cell, offer);  // puts its message into the mailbox
  }
  if (extras.waiting.empty()) cell->flags &= ~ActorCell::kSendsWait;
}

}  // namespace zokio::internal
