// Execution: what threads wait for: mutexes, condition variables, parkers, futex words.
#include <bit>

#include "tools/model/execution.h"

namespace zokio::model {

void Execution::MutexLock(void* mutex, SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kMutex, mutex, 1, where);
  if (object.owner == current_) {
    Fail(Verdict::kDeadlock,
         threads_[current_].name + " locks " + ObjectName(object) + ", which it holds already");
  }
  Announce(
      {.kind = OperationKind::kLock, .touch = Touch::kWrite, .object = &object, .where = where});
  CheckUsable(object, where);
  BeginStep();
  object.owner = current_;
  memory_.Learn(object, view());
  Touched(object, where);
  FinishStep(object.last_owner != current_, true);
}

bool Execution::MutexTryLock(void* mutex, SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kMutex, mutex, 1, where);
  Announce(
      {.kind = OperationKind::kTryLock, .touch = Touch::kWrite, .object = &object, .where = where});
  CheckUsable(object, where);
  Step& step = BeginStep();
  const bool taken = object.owner == kNobody;
  step.success = taken;
  if (taken) {
    object.owner = current_;
    memory_.Learn(object, view());
  } else {
    step.operation.touch = Touch::kRead;
  }
  Touched(object, where);
  FinishStep(taken && object.last_owner != current_, taken);
  return taken;
}

void Execution::MutexUnlock(void* mutex, SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kMutex, mutex, 1, where);
  Announce(
      {.kind = OperationKind::kUnlock, .touch = Touch::kWrite, .object = &object, .where = where});
  CheckUsable(object, where);
  if (object.owner != current_) {
    Fail(Verdict::kMisuse,
         threads_[current_].name + " unlocks " + ObjectName(object) + ", which it does not hold");
  }
  BeginStep();
  object.owner = kNobody;
  object.last_owner = current_;
  object.sync = VectorClock();  // what it learnt when locking is part of its own clock
  object.sync_view = FenceView();
  memory_.Publish(object, view());
  Touched(object, where);
  FinishStep(false, true);
}

bool Execution::CondVarWait(void* condition, void* mutex, bool timed, SourceLocation where) {
  const Inside inside(this);
  Object& queue = Find(ObjectKind::kCondVar, condition, 1, where);
  Object& lock = Find(ObjectKind::kMutex, mutex, 1, where);
  if (lock.owner != current_) {
    Fail(Verdict::kMisuse, threads_[current_].name + " waits without holding the mutex");
  }
  Announce({.kind = OperationKind::kCondVarWait,
            .touch = Touch::kWrite,
            .other_touch = Touch::kWrite,
            .object = &queue,
            .other = &lock,
            .where = where});
  CheckUsable(queue, where);
  BeginStep();
  lock.owner = kNobody;
  lock.last_owner = current_;
  lock.sync = VectorClock();
  lock.sync_view = FenceView();
  memory_.Publish(lock, view());
  queue.waiters |= Bit(current_);
  queue.woken &= ~Bit(current_);
  Touched(queue, where);
  Touched(lock, where);
  FinishStep(true, true);

  Announce({.kind = OperationKind::kCondVarWake,
            .timed = timed,
            .touch = timed ? Touch::kWrite : Touch::kNone,
            .other_touch = Touch::kWrite,
            .object = &queue,
            .other = &lock,
            .enabler = &threads_[current_].enabler,
            .where = where});
  CheckUsable(queue, where);
  BeginStep();
  const bool woken = (queue.woken & Bit(current_)) != 0;
  if (!woken) TimeLimitPassed();
  queue.waiters &= ~Bit(current_);
  queue.woken &= ~Bit(current_);
  lock.owner = current_;
  memory_.Learn(lock, view());
  Touched(queue, where);
  Touched(lock, where);
  FinishStep(true, true);
  return woken;
}

void Execution::CondVarNotify(void* condition, bool all, SourceLocation where) {
  const Inside inside(this);
  Object& queue = Find(ObjectKind::kCondVar, condition, 1, where);
  Announce({.kind = OperationKind::kCondVarNotify,
            .touch = Touch::kWrite,
            .object = &queue,
            .where = where});
  CheckUsable(queue, where);
  Step& step = BeginStep();
  ThreadMask waiters = queue.waiters & ~queue.woken;
  if (!all && waiters != 0) {
    const int count = std::popcount(waiters);
    for (int skip = PickData(count, count); skip > 0; --skip) waiters &= waiters - 1;
    waiters &= ~(waiters - 1);
  }
  step.value = static_cast<uint64_t>(std::popcount(waiters));
  Touched(queue, where);
  FinishStep(false, waiters != 0);
  Wake(queue, waiters);
}

// The step just made lets these threads go on.
void Execution::Wake(Object& object, ThreadMask threads) {
  object.woken |= threads;
  for (; threads != 0; threads &= threads - 1) {
    threads_[std::countr_zero(threads)].enabler = steps_.back().dependence_clock;
  }
}

bool Execution::Park(void* parker, bool timed, SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kParker, parker, 1, where);
  Announce({.kind = OperationKind::kPark,
            .timed = timed,
            .touch = Touch::kWrite,
            .object = &object,
            .enabler = &object.enabler,
            .where = where});
  CheckUsable(object, where);
  BeginStep();
  const bool taken = object.token;
  const bool news = taken && object.token_from != current_;
  if (taken) {
    object.token = false;
    memory_.Learn(object, view());
    object.sync = VectorClock();
    object.sync_view = FenceView();
  } else {
    TimeLimitPassed();
  }
  Touched(object, where);
  FinishStep(news, true);
  return taken;
}

bool Execution::Unpark(void* parker, SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kParker, parker, 1, where);
  Announce(
      {.kind = OperationKind::kUnpark, .touch = Touch::kWrite, .object = &object, .where = where});
  CheckUsable(object, where);
  BeginStep();
  bool asleep = false;
  for (int i = 0; i < thread_count_; ++i) {
    asleep |= !threads_[i].finished && threads_[i].pending.kind == OperationKind::kPark &&
              threads_[i].pending.object == &object && !object.token;
  }
  const bool first = !object.token;
  object.token = true;
  object.token_from = current_;
  memory_.Publish(object, view());
  Touched(object, where);
  FinishStep(false, true);
  if (first) object.enabler = steps_.back().dependence_clock;
  return asleep;
}

bool Execution::FutexWait(void* address, size_t size, uint64_t expected, bool timed,
                          SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kAtomic, address, size, where);
  Announce({.kind = OperationKind::kFutexWait,
            .touch = Touch::kRead,
            .object = &object,
            .where = where});
  CheckUsable(object, where);
  Step& step = BeginStep();
  const bool equal = object.stores.back().value == expected;
  step.value = object.stores.back().value;
  step.success = equal;
  if (equal) {
    object.waiters |= Bit(current_);
    object.woken &= ~Bit(current_);
  }
  Touched(object, where);
  FinishStep(false, equal);
  if (!equal) return true;

  Announce({.kind = OperationKind::kFutexWoken,
            .timed = timed,
            .touch = timed ? Touch::kWrite : Touch::kNone,
            .object = &object,
            .enabler = &threads_[current_].enabler,
            .where = where});
  CheckUsable(object, where);
  BeginStep();
  const bool woken = (object.woken & Bit(current_)) != 0;
  if (!woken) TimeLimitPassed();
  object.waiters &= ~Bit(current_);
  object.woken &= ~Bit(current_);
  Touched(object, where);
  FinishStep(true, true);
  return woken;
}

void Execution::FutexWake(void* address, size_t size, bool all, SourceLocation where) {
  const Inside inside(this);
  // The word may be gone: a wake names an address and reads nothing.
  Object& object = Find(ObjectKind::kAtomic, address, size, where);
  Announce({.kind = OperationKind::kFutexWake,
            .touch = Touch::kWrite,
            .object = &object,
            .where = where});
  Step& step = BeginStep();
  ThreadMask waiters = object.waiters & ~object.woken;
  if (!all && waiters != 0) {
    const int count = std::popcount(waiters);
    for (int skip = PickData(count, count); skip > 0; --skip) waiters &= waiters - 1;
    waiters &= ~(waiters - 1);
  }
  step.value = static_cast<uint64_t>(std::popcount(waiters));
  FinishStep(false, waiters != 0);
  Wake(object, waiters);
}

}  // namespace zokio::model
