#include "future/local_executor.h"

#include <algorithm>
#include <cstdint>
#include <new>

#include "base/atomic.h"
#include "base/check.h"

namespace zokio {

// The waker of a BlockOn's root: a flag and the thread to unpark. Shared, because clones of it may
// outlive the BlockOn; the executor's parker may not, so the last wake is cut off by Close.
class LocalExecutor::RootWaker {
 public:
  explicit RootWaker(Parker* parker) : parker_(parker) {}

  static Waker Make(RootWaker* self) {
    self->references_.fetch_add(1, memory_order_relaxed);
    return Waker(&kVtable, self);
  }
  bool TakeWoken() { return woken_.exchange(false, memory_order_acq_rel); }
  bool woken() const { return woken_.load(memory_order_relaxed); }
  void Close() {
    MutexLock lock(mutex_);
    parker_ = nullptr;
  }
  void Release() {
    if (references_.fetch_sub(1, memory_order_acq_rel) == 1) delete this;
  }

 private:
  static RootWaker* Self(void* data) { return static_cast<RootWaker*>(data); }
  static Waker Clone(void* data) { return Make(Self(data)); }
  static void WakeByRef(void* data) {
    RootWaker* self = Self(data);
    if (self->woken_.exchange(true, memory_order_acq_rel)) return;
    MutexLock lock(self->mutex_);
    if (self->parker_ != nullptr) self->parker_->Unpark();
  }
  static void Wake(void* data) {
    WakeByRef(data);
    Drop(data);
  }
  static void Drop(void* data) { Self(data)->Release(); }
  static constexpr WakerVtable kVtable{&Clone, &Wake, &WakeByRef, &Drop};

  Atomic<uint32_t> references_{1};
  Atomic<bool> woken_{true};
  Mutex mutex_;
  Parker* parker_;
};

namespace {

// Looks a while before it sleeps: a peer on another processor that answers within a microsecond
// saves both the system calls of a sleep and a wake. Where that was in vain the next look is half
// as long, so that who waits for slower things soon sleeps at once.
class Spinner {
 public:
  template <typename Condition>
  bool Spin(Condition&& condition) {
    for (uint32_t i = 0; i < rounds_; ++i) {
      if (condition()) {
        rounds_ = std::min(kRoundsMax, rounds_ * 2);
        return true;
      }
      Pause();
    }
    rounds_ = std::max(kRoundsMin, rounds_ / 2);
    return false;
  }

 private:
#ifdef ZOKIO_MODEL
  static constexpr uint32_t kRoundsMax = 0;  // each look would be a step of the checker
  static constexpr uint32_t kRoundsMin = 0;
#else
  static constexpr uint32_t kRoundsMax = 512;  // of some 15 to 50 ns
  static constexpr uint32_t kRoundsMin = 32;
#endif

  static void Pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
  }

  uint32_t rounds_ = kRoundsMax;
};

}  // namespace

LocalExecutor::LocalExecutor(Timer* timer) {
  environment_.executor = this;
  environment_.timer = timer;
}

LocalExecutor::~LocalExecutor() {
  // A task may spawn while it is dropped, so no more is taken from here on.
  std::vector<TaskHeader*> tasks;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    tasks = live_;
    for (TaskHeader* task : tasks) RetainTask(task);
  }
  for (TaskHeader* task : tasks) {
    CancelTask(task);
    ReleaseTask(task);
  }
  while (live() != 0) {
    if (RunUntilIdle() == 0) parker_.Park();
  }
}

void LocalExecutor::Schedule(TaskHeader* task) {
  {
    MutexLock lock(mutex_);
    task->root.next = nullptr;
    if (tail_ == nullptr) {
      head_ = task;
    } else {
      tail_->root.next = task;
    }
    tail_ = task;
    // Inside the lock: once the task was run, the executor may be gone.
    parker_.Unpark();
  }
}

bool LocalExecutor::Adopt(TaskHeader* task) {
  MutexLock lock(mutex_);
  if (closed_) return false;
  task->executor_slot = static_cast<uint32_t>(live_.size());
  live_.push_back(task);
  return true;
}

void LocalExecutor::Disown(TaskHeader* task) {
  MutexLock lock(mutex_);
  live_[task->executor_slot] = live_.back();
  live_[task->executor_slot]->executor_slot = task->executor_slot;
  live_.pop_back();
}

size_t LocalExecutor::live() const {
  MutexLock lock(mutex_);
  return live_.size();
}

TaskHeader* LocalExecutor::Pop() {
  MutexLock lock(mutex_);
  TaskHeader* task = head_;
  if (task == nullptr) return nullptr;
  head_ = task->root.next;
  if (head_ == nullptr) tail_ = nullptr;
  return task;
}

bool LocalExecutor::RunOne() {
  TaskHeader* task = Pop();
  if (task == nullptr) return false;
  RunTask(task, environment_);
  return true;
}

size_t LocalExecutor::RunUntilIdle() {
  size_t polls = 0;
  while (RunOne()) ++polls;
  return polls;
}

void LocalExecutor::DriveRoot(void* future, bool (*poll)(void*, Context&)) {
  Spinner spinner;
  auto* root = new RootWaker(&parker_);
  Waker waker = RootWaker::Make(root);
  while (true) {
    if (root->TakeWoken()) {
      environment_.budget = kPollBudget;
      Context context(waker, environment_);
      if (poll(future, context)) break;
    }
    // One task between looks at the root, so that neither starves the other.
    if (TaskHeader* task = Pop()) {
      RunTask(task, environment_);
    } else if (!spinner.Spin([root] { return root->woken(); })) {
      parker_.Park();
    }
  }
  root->Close();
  root->Release();
}

}  // namespace zokio
