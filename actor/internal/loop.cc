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
  } else if (envelope->type->lane == Lane::kMail && !envelope->type->quiet &&
             envelope->target == refusing_.load(memory_order_acquire)) {
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

Envelope* ActorLoop::PopSpecial(ActorCell* cell) {
  if ((cell->flags & ActorCell::kUrgentMail) == 0) return cell->mail.PopFront();
  Envelope* envelope = cell->extras->urgent.PopFront();
  if (cell->extras->urgent.empty()) cell->flags &= ~ActorCell::kUrgentMail;
  return envelope;
}

void ActorLoop::Reject(Envelope* envelope, DeadLetterReason reason) {
  const Lane lane = envelope->type->lane;
  if (lane == Lane::kOffer) {
    Reject(TakeOffered(envelope), reason);  // it is the message that is not handled
    envelope->type->discard(envelope);
  } else if ((lane == Lane::kMail || lane == Lane::kUrgent) && !envelope->type->quiet) {
    system_.DeadLetterOf(envelope, reason);
  } else {
    envelope->type->discard(envelope);
  }
}

// The mailbox is full and its type says what to do. True when `envelope` is to be put in.
bool ActorLoop::MakeRoom(ActorCell* cell, Envelope* envelope) {
  const MailboxOptions& mailbox = cell->type->mailbox;
  if ((cell->flags & ActorCell::kArriving) != 0 && HoldBack(cell, envelope)) return false;
  if ((cell->flags & ActorCell::kObserved) != 0 && !Observe(cell, envelope)) return false;
  if (mailbox.overflow == Overflow::kWait || cell->queued.value() < mailbox.capacity) return true;
  if (envelope->type->quiet) return true;  // what the system says is no message to lose
  if (mailbox.overflow == Overflow::kDropOldest) {
    Envelope* oldest = cell->mail.TakeFirst([](const Envelope& e) { return !e.type->quiet; });
    if (oldest != nullptr) {
      if (cell->extras != nullptr && cell->extras->measures != nullptr) {
        cell->extras->measures->Forget(oldest);
      }
      cell->queued.Subtract(1);
      system_.DeadLetterOf(oldest, DeadLetterReason::kOverflow);
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

// A turn.

Poll<void> ActorLoop::poll(Context& context) {
  if (!waker_) waker_ = context.waker().Clone();
  ActorLoop* outer = std::exchange(CurrentActorLoop::Get(), this);
  context_ = &context;
  bool ended = Turn();
  context_ = nullptr;
  CurrentActorLoop::Get() = outer;
  return ended ? Poll<void>(kReady) : Poll<void>(kPending);
}

Poll<void> ActorLoop::poll_cancel(Context& context) {
  // All loops, for none ends before the others: those of other executors would go on waiting.
  if (!killed_) system_.BeginShutdown(/*kill=*/true);
  return poll(context);
}

// True once the system has ended.
bool ActorLoop::Turn() {
  Instant begin = system_.clock().Now();
  last_tune_ = begin;
  last_look_ = begin;
  turn_ends_ = begin + Duration(kTurnNs);
  tuned_messages_ = counters_.messages;
  uint32_t unclocked = 0;
  while (true) {
    const bool alone = !moves_.empty() && outsiders_.load(memory_order_seq_cst) == 0;
    bool found = Receive();
    if (__builtin_expect(!moves_.empty(), 0)) StepMoves(alone);
    // Acquired: that no loop accepts spawns from elsewhere any more was said before.
    if (__builtin_expect(shutdown_.load(memory_order_acquire), 0) && StepShutdown()) return true;
    round_left_ = round_messages_;
    RunWoken();
    RunActors();
    FlushAll();
    if (!found && run_head_ == nullptr && woken_.empty() && !AwaitsOutsiders()) {
      if (Linger() || !TrySleep()) continue;
      if (placer_ != nullptr) EndTurn(begin);
      return false;
    }
    if (round_messages_ >= kRoundMessagesMax / 4 && ++unclocked < kUnclockedRoundsMax) continue;
    unclocked = 0;
    Instant now = system_.clock().Now();
    Tune(now);
    if (now >= turn_ends_) break;
  }
  if (placer_ != nullptr) EndTurn(begin);
  context_->RequestRequeue();
  return false;
}

// Looks around for a while. True: there is something.
bool ActorLoop::Linger() {
  const uint32_t looks = lingering_.looks();
  if (looks == 0) return false;
  for (uint32_t i = 0; i < looks; ++i) {
    if (AnythingInbound()) {
      lingering_.Learn(true);
      return true;
    }
    CpuRelax();
  }
  lingering_.Learn(false);
  return false;
}

bool ActorLoop::TrySleep() {
  wake_.Lower();
  if (!AnythingInbound() && !ShutdownCanStep()) return true;
  // Whoever raised it meanwhile wakes the task once too often, which does no harm.
  (void)wake_.Raise();
  return false;
}

// Chooses how many messages fit into a round, and into a batch, by what the last ones took.
void ActorLoop::Tune(Instant now) {
  int64_t spent = (now - last_tune_).count();
  uint64_t handled = counters_.messages - tuned_messages_;
  last_tune_ = now;
  last_look_ = now;
  tuned_messages_ = counters_.messages;
  if (handled == 0 || spent <= 0) return;
  batch_.Observe(handled, spent);
  auto fits = static_cast<int64_t>(handled) * kRoundNs / spent;
  auto wanted = static_cast<uint32_t>(std::clamp<int64_t>(fits, 1, kRoundMessagesMax));
  round_messages_ = wanted < round_messages_ ? wanted : (3 * round_messages_ + wanted + 3) / 4;
}

void ActorLoop::RunActors() {
  ActorCell* last = run_tail_;
  for (uint32_t left = kRoundActivationsMax; run_head_ != nullptr && round_left_ != 0; --left) {
    if (left == 0) return;
    ActorCell* cell = run_head_;
    run_head_ = cell->next_run;
    bool was_last = cell == last;
    Run(cell);
    if (!was_last) continue;
    // All that were queued had their turn: what they sent away must not wait for the others'.
    if (!dirty_.empty()) FlushAll();
    last = run_tail_;
  }
}

void ActorLoop::Run(ActorCell* cell) {
  running_ = cell;
  ++counters_.activations;
  if (__builtin_expect(placer_ != nullptr, 0)) placer_->Ran(cell->id(), index_ - group_first_);
  bool alive = true;
  if (__builtin_expect((cell->flags & ActorCell::kUnstarted) != 0, 0)) Start(cell);
  if (!cell->system.empty()) alive = RunControl(cell);
  if (alive) alive = RunMail(cell);
  if (alive && (cell->flags & (ActorCell::kStopping | ActorCell::kRestarting)) != 0) {
    alive = Advance(cell);
  }
  running_ = nullptr;
  if (!alive) return;
  cell->flags &= ~ActorCell::kQueued;
  if (!cell->system.empty() || (cell->HasMail() && (cell->flags & ActorCell::kNoMail) == 0)) {
    Queue(cell);
  } else if (__builtin_expect((cell->flags & ActorCell::kMoveWish) != 0, 0)) {
    TryMove(cell);
  }
}

bool ActorLoop::RunControl(ActorCell* cell) {
  uint32_t generation = cell->generation();
  while (!cell->system.empty()) {
    Envelope* envelope = cell->system.PopFront();
    envelope->type->deliver(*this, *cell, envelope);
    if (cell->generation() != generation) return false;
  }
  return true;
}

// The deadline of an activation: none has run longer than a batch may since the clock was looked at
// last, by whichever actor. One that has hardly begun may be cut short by that, but then the next
// one is not.
bool ActorLoop::ActivationIsOver() {
  const Instant now = system_.clock().Now();
  const bool late = batch_.adapts() && now - last_look_ >= batch_.target();
  last_look_ = now;
  return late || now >= turn_ends_;
}

bool ActorLoop::RunMail(ActorCell* cell) {
  const uint32_t quota = std::min(batch_.size(), round_left_);
  uint32_t handled = 0;
  for (uint32_t look_at = kFirstLook;; look_at *= 4) {
    const uint32_t share = std::min(look_at, quota) - handled;
    uint32_t left = share;
    while (left != 0 && cell->HasMail() && (cell->flags & ActorCell::kNoMail) == 0) {
      --left;
      const uint32_t special = cell->flags & (ActorCell::kUrgentMail | ActorCell::kObserved);
      Envelope* envelope =
          __builtin_expect(special != 0, 0) ? PopSpecial(cell) : cell->mail.PopFront();
      cell->queued.Subtract(1);
      message_ = envelope;
      if (__builtin_expect((special & ActorCell::kObserved) != 0, 0)) {
        DeliverObserved(cell, envelope);
      } else {
        envelope->type->deliver(*this, *cell, envelope);
      }
      // A handler's stop, or its child's end, comes before the next message.
      if (__builtin_expect(!cell->system.empty(), 0) && !RunControl(cell)) return false;
    }
    handled += share - left;
    if (left != 0 || handled == quota || ActivationIsOver()) break;
  }
  message_ = nullptr;
  counters_.messages += handled;
  round_left_ -= handled;
  if (__builtin_expect((cell->flags & ActorCell::kSendsWait) != 0, 0)) AdmitWaiting(cell);
  return true;
}

}  // namespace zokio::internal
