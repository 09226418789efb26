#include "tools/model/reduction.h"

#include <algorithm>

namespace zokio::model {
namespace {

bool Blocks(OperationKind kind) {
  return kind == OperationKind::kCondVarWake || kind == OperationKind::kPark ||
         kind == OperationKind::kFutexWoken || kind == OperationKind::kLock;
}

bool TakesLock(const Operation& operation, const Object* object) {
  return (operation.kind == OperationKind::kLock && operation.object == object) ||
         (operation.kind == OperationKind::kCondVarWake && operation.other == object);
}

}  // namespace

void Reduction::Clear() {
  for (VectorClock& clock : clocks_) clock = VectorClock();
  full_ = OrderingDependence();
  heavy_ = OrderingDependence();
}

void Reduction::ThreadStarted(int parent, int child) {
  clocks_[child] = clocks_[parent];
  clocks_[child].at[child] = 0;
}

VectorClock Reduction::ClockBefore(int thread, const Operation& operation) const {
  VectorClock clock = clocks_[thread];
  switch (operation.kind) {
    case OperationKind::kPark:
    case OperationKind::kCondVarWake:
    case OperationKind::kFutexWoken:
      // A timed wait could have gone on without.
      if (!operation.timed) clock.Join(*operation.enabler);
      break;
    case OperationKind::kJoin:
      clock.Join(clocks_[operation.target]);
      break;
    default:
      break;
  }
  return clock;
}

bool Reduction::NewestIsOrderedBefore(const Object& object, int thread) const {
  const StoreRecord& newest = object.stores.back();
  return newest.thread == kNobody || clocks_[thread].Covers(newest.thread, newest.dependence_time);
}

// Threads with which a run can begin that has the racing step before step `first`: of the steps
// after `first` that do not depend on it, and the racing one, those that nothing precedes.
ThreadMask Reduction::Initials(int first, int thread, const Operation& operation,
                               const VectorClock& clock, const std::vector<Step>& steps) const {
  const Step& origin = steps[first];
  ThreadMask met = 0;
  ThreadMask initials = 0;
  uint32_t first_time[kThreadsMax] = {};
  bool free_to_begin = true;  // nothing precedes the racing step
  auto preceded = [&](const VectorClock& by) {
    for (int other = 0; other < kThreadsMax; ++other) {
      if ((met & Bit(other)) != 0 && by.Covers(other, first_time[other])) return true;
    }
    return false;
  };
  for (size_t j = first + 1; j < steps.size(); ++j) {
    const Step& step = steps[j];
    if (step.dependence_clock.Covers(origin.thread, origin.dependence_time)) continue;
    if (step.thread == thread || clock.Covers(step.thread, step.dependence_time) ||
        !Independent(step.operation, operation)) {
      free_to_begin = false;
    }
    if ((met & Bit(step.thread)) != 0) continue;
    if (!preceded(step.dependence_clock)) initials |= Bit(step.thread);
    met |= Bit(step.thread);
    first_time[step.thread] = step.dependence_time;
  }
  if (free_to_begin) initials |= Bit(thread);
  return initials;
}

void Reduction::FindRaces(int thread, const Operation& operation, const std::vector<Step>& steps,
                          std::vector<Race>& races) const {
  const VectorClock before = ClockBefore(thread, operation);
  auto race_with = [&](int index, const VectorClock& clock) {
    if (index < 0) return;
    const Step& step = steps[index];
    if (step.thread == thread || clock.Covers(step.thread, step.dependence_time)) return;
    bool same = true;
    for (size_t j = index + 1; j < steps.size() && same; ++j) same = steps[j].thread != thread;
    races.push_back({index, thread, Initials(index, thread, operation, before, steps),
                     same && Blocks(operation.kind)});
  };
  auto race_on = [&](const Object* object, Touch touch) {
    if (object == nullptr || touch == Touch::kNone) return;
    const Dependence& last = object->dependence;
    if (TakesLock(operation, object)) {
      // A lock could not have come before the unlock, but before the other's lock.
      race_with(last.acquire_step, before);
      return;
    }
    VectorClock clock = before;
    if (touch == Touch::kWrite) {
      for (int i = 0; i < kThreadsMax; ++i) {
        if ((last.readers & Bit(i)) != 0) race_with(last.read_step[i], before);
      }
      clock.Join(last.read_clock);
    } else if (operation.ordering == Ordering::kSeqCst) {
      for (int i = 0; i < kThreadsMax; ++i) {
        if ((last.seq_cst_readers & Bit(i)) != 0) race_with(last.read_step[i], before);
      }
    }
    race_with(last.write_step, clock);
  };
  auto race_in = [&](const OrderingDependence& last, bool write) {
    VectorClock clock = before;
    if (write) {
      for (int i = 0; i < kThreadsMax; ++i) {
        if ((last.readers & Bit(i)) != 0) race_with(last.read_step[i], before);
      }
      clock.Join(last.read_clock);
    }
    race_with(last.write_step, clock);
  };
  race_on(operation.object, operation.touch);
  race_on(operation.other, operation.other_touch);
  switch (operation.ordering) {
    case Ordering::kNone:
      break;
    case Ordering::kSeqCst:
      race_in(full_, false);
      break;
    case Ordering::kFence:
      race_in(full_, true);
      break;
    case Ordering::kLight:
      race_in(heavy_, false);
      break;
    case Ordering::kHeavy:
      race_in(full_, true);
      race_in(heavy_, true);
      break;
  }
}

void Reduction::Record(Step& step, int index) {
  const Operation& operation = step.operation;
  const int thread = step.thread;
  VectorClock& clock = clocks_[thread];
  clock = ClockBefore(thread, operation);
  // First what it is ordered after, on all it touches; then its mark on all it touches.
  auto learn = [&](auto& last, bool write) {
    clock.Join(last.write_clock);
    if (write) clock.Join(last.read_clock);
  };
  auto mark = [&](auto& last, bool write) {
    if (write) {
      last.write_step = index;
      last.write_clock = clock;
      last.readers = 0;
      last.read_clock = VectorClock();
    } else {
      last.readers |= Bit(thread);
      last.read_step[thread] = index;
      last.read_clock.Join(clock);
    }
  };
  auto both = [&](auto&& act) {
    if (operation.object != nullptr && operation.touch != Touch::kNone) {
      act(operation.object->dependence, operation.touch == Touch::kWrite);
    }
    if (operation.other != nullptr && operation.other_touch != Touch::kNone) {
      act(operation.other->dependence, operation.other_touch == Touch::kWrite);
    }
    const Ordering ordering = operation.ordering;
    const bool full = ordering == Ordering::kFence || ordering == Ordering::kHeavy;
    if (full || ordering == Ordering::kSeqCst) act(full_, full);
    if (ordering == Ordering::kHeavy || ordering == Ordering::kLight) {
      act(heavy_, ordering == Ordering::kHeavy);
    }
  };
  const bool seq_cst_read = operation.ordering == Ordering::kSeqCst &&
                            operation.touch == Touch::kRead && operation.object != nullptr;
  both(learn);
  if (seq_cst_read) clock.Join(operation.object->dependence.seq_cst_read_clock);
  ++clock.at[thread];
  both(mark);
  if (operation.object != nullptr && operation.touch == Touch::kWrite) {
    operation.object->dependence.seq_cst_readers = 0;
    operation.object->dependence.seq_cst_read_clock = VectorClock();
  }
  if (seq_cst_read) {
    operation.object->dependence.seq_cst_readers |= Bit(thread);
    operation.object->dependence.seq_cst_read_clock.Join(clock);
  }
  Object* lock = operation.kind == OperationKind::kCondVarWake ? operation.other
                 : operation.kind == OperationKind::kLock ||
                         (operation.kind == OperationKind::kTryLock && step.success)
                     ? operation.object
                     : nullptr;
  if (lock != nullptr) lock->dependence.acquire_step = index;
  step.dependence_clock = clock;
  step.dependence_time = clock.at[thread];
}

}  // namespace zokio::model
