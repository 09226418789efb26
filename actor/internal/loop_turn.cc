// The part of ActorLoop that gives actors their turns: rounds, activations, sleep.
#include <algorithm>
#include <utility>

#include "actor/internal/extras.h"
#include "actor/internal/loop.h"
#include "actor/internal/placer.h"
#include "actor/internal/system_core.h"

namespace zokio::internal {

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

// The deadline of an activation: none runs longer than a batch may since the clock was looked at
// last before it, by whichever actor. One that has hardly begun may be cut short by that, but then
// the next one is not. Zero: it is over; else after how many messages to look again.
uint32_t ActorLoop::NextLook(Instant begin, uint32_t handled) {
  const Instant now = system_.clock().Now();
  last_look_ = now;
  return now >= turn_ends_ ? 0 : batch_.NextLook(handled, (now - begin).count());
}

Envelope* ActorLoop::PopSpecial(ActorCell* cell) {
  if ((cell->flags & ActorCell::kUrgentMail) == 0) return cell->mail.PopFront();
  CellExtras& extras = *cell->extras;
  Envelope* envelope = extras.urgent.empty() ? extras.ranked.PopFirst() : extras.urgent.PopFront();
  if (extras.urgent.empty() && extras.ranked.empty()) cell->flags &= ~ActorCell::kUrgentMail;
  return envelope;
}

bool ActorLoop::RunMail(ActorCell* cell) {
  const uint32_t quota = std::min(batch_.size(), round_left_);
  const Instant begin = last_look_;
  uint32_t handled = 0;
  for (uint32_t end = std::min(kFirstLook, quota); end != 0;) {
    while (handled != end && cell->HasMail() && (cell->flags & ActorCell::kNoMail) == 0) {
      ++handled;
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
    if (handled != end || handled == quota) break;
    end = std::min(NextLook(begin, handled), quota);
  }
  message_ = nullptr;
  counters_.messages += handled;
  round_left_ -= handled;
  constexpr uint32_t kLater = ActorCell::kSendsWait | ActorCell::kPressed;
  if (__builtin_expect((cell->flags & kLater) != 0, 0)) AfterMail(cell);
  return true;
}

}  // namespace zokio::internal
