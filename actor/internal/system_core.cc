#include "actor/internal/system_core.h"

#include <utility>

namespace zokio::internal {

SystemCore::SystemCore(uint32_t loops, std::function<void(const DeadLetter&)> on_dead_letter,
                       const Clock& clock, std::optional<Supervision> root_supervision,
                       std::function<void(const TraceEvent&)> on_message, const BatchOptions& batch,
                       PlacementOptions placement)
    : clock_(clock),
      on_dead_letter_(std::move(on_dead_letter)),
      root_supervision_(root_supervision),
      on_message_(std::move(on_message)),
      batch_(batch),
      placement_(std::move(placement)),
      shared_loops_(loops),
      loops_(loops + kAddedMax) {
  MakeGroup(0, loops, /*ring_capacity=*/0);
}

SystemCore::~SystemCore() = default;

void SystemCore::MakeGroup(uint32_t first, uint32_t count, uint32_t ring_capacity) {
  for (uint32_t i = 0; i < count; ++i) {
    loops_[first + i] = std::make_unique<ActorLoop>(*this, first + i, first, count);
    if (ring_capacity != 0) loops_[first + i]->UseRing(ring_capacity);
  }
  // Only now: a loop's outboxes point into the others.
  for (uint32_t i = 0; i < count; ++i) loops_[first + i]->ConnectOutboxes();
  count_.store(first + count, memory_order_release);
}

Result<uint32_t> SystemCore::AddLoops(uint32_t count, uint32_t ring_capacity) {
  // Under the lock, so that a shutdown hears of all loops or this of the shutdown.
  MutexLock lock(mutex_);
  if (!accepting()) return Error(ErrorCode::kShutdown, "more loops");
  const uint32_t first = loop_count();
  if (count > loops_.size() - first) return Error(ErrorCode::kOutOfRange, "more loops");
  MakeGroup(first, count, ring_capacity);
  return first;
}

ActorLoop& SystemCore::NextLoop(std::optional<uint32_t> data_node) {
  const uint32_t turn = next_.fetch_add(1, memory_order_relaxed) % shared_loops_;
  if (!placement_.balance && !data_node.has_value()) return *loops_[turn];
  return *loops_[ChooseHome(loops_[0]->GroupLoads(clock_.Now()), data_node, turn)];
}

void SystemCore::DeadLetterOf(Envelope* envelope, DeadLetterReason reason) {
  dead_letters_.fetch_add(1, memory_order_relaxed);
  if (on_dead_letter_) {
    on_dead_letter_(DeadLetter{ActorId(envelope->target, envelope->generation),
                               ActorId(envelope->sender, envelope->sender_generation),
                               envelope->type->name, reason});
  }
  envelope->type->discard(envelope);
}

void SystemCore::BeginShutdown(bool kill) {
  {
    MutexLock lock(mutex_);
    accepting_.store(false, memory_order_release);
  }
  for (uint32_t i = 0; i < loop_count(); ++i) loop(i).PostShutdown(kill);
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
  for (uint32_t i = 0; i < loop_count(); ++i) loop(i).Close();
}

void SystemCore::WakeAll() {
  for (uint32_t i = 0; i < loop_count(); ++i) loop(i).WakeUp();
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
