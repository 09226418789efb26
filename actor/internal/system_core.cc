#include "actor/internal/system_core.h"

#include <utility>

namespace zokio::internal {

SystemCore::SystemCore(uint32_t loops, std::function<void(const DeadLetter&)> on_dead_letter,
                       const Clock& clock, std::optional<Supervision> root_supervision,
                       std::function<void(const TraceEvent&)> on_message)
    : clock_(clock),
      on_dead_letter_(std::move(on_dead_letter)),
      root_supervision_(root_supervision),
      on_message_(std::move(on_message)) {
  for (uint32_t i = 0; i < loops; ++i) {
    loops_.push_back(std::make_unique<ActorLoop>(*this, i, loops));
  }
  // Only now: a loop's outboxes point into the others.
  for (auto& loop : loops_) loop->ConnectOutboxes();
}

SystemCore::~SystemCore() = default;

void SystemCore::DeadLetterOf(Envelope* envelope, DeadLetterReason reason) {
  dead_letters_.fetch_add(1, memory_order_relaxed);
  if (on_dead_letter_) {
    on_dead_letter_(DeadLetter{ActorId(envelope->target, envelope->generation),
                               ActorId(envelope->sender, envelope->sender_generation),
                               envelope->type->name, reason});
  }
  envelope->type->discard(envelope);
}

void SystemCore::BeginShutdown() {
  accepting_.store(false, memory_order_release);
  for (auto& loop : loops_) loop->PostShutdown();
}

bool SystemCore::WaitForEnd(Instant deadline) {
  MutexLock lock(mutex_);
  while (ended_ < loop_count()) {
    if (deadline == kNever) {
      ended_changed_.Wait(lock);
    } else if (!ended_changed_.WaitUntil(lock, deadline)) {
      return ended_ == loop_count();
    }
  }
  return true;
}

void SystemCore::Close() {
  for (auto& loop : loops_) loop->Close();
}

void SystemCore::WakeAll() {
  for (auto& loop : loops_) loop->WakeUp();
}

void SystemCore::Heard() {
  if (heard_.fetch_add(1, memory_order_acq_rel) + 1 == loop_count()) WakeAll();
}

void SystemCore::Drained() {
  if (drained_.fetch_add(1, memory_order_acq_rel) + 1 == loop_count()) WakeAll();
}

void SystemCore::Ended() {
  // Notified under the lock: the waiter may destroy this object once it has the lock.
  MutexLock lock(mutex_);
  ++ended_;
  ended_changed_.NotifyAll();
}

}  // namespace zokio::internal
