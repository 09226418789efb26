#include "tools/model/execution.h"

#if defined(__GLIBC__)
#include <sys/single_threaded.h>
#endif

#include <cstring>

// Bounds of the program's static data, from the linker and the C run-time.
extern "C" char __data_start[] __attribute__((weak));  // NOLINT(bugprone-reserved-identifier)
extern "C" char _end[] __attribute__((weak));          // NOLINT(bugprone-reserved-identifier)

namespace zokio::model {
namespace {

bool IsStatic(uintptr_t address) {
  return address >= reinterpret_cast<uintptr_t>(__data_start) &&
         address < reinterpret_cast<uintptr_t>(_end);
}

}  // namespace

Execution::Execution(const Options& options) : options_(options), heap_(Heap::Get()) {
  steps_.reserve(1024);
  choices_.reserve(1024);
#if defined(__GLIBC__)
  // Reference counts of the standard library shall be atomic, as in a program with threads.
  __libc_single_threaded = 0;
#endif
}

Execution* Execution::Current() { return static_cast<Execution*>(CurrentEngine()); }

void Execution::Run(const std::function<void()>& body, Strategy& strategy) {
  strategy_ = &strategy;
  objects_.Clear();
  memory_.Clear();
  shadow_.Clear();
  steps_.clear();
  choices_.clear();
  choice_is_thread_.clear();
  thread_count_ = 0;
  writes_ = 0;
  now_ns_ = 0;
  verdict_ = Verdict::kPass;
  message_.clear();
  redundant_ = false;
  strategy.Begin(*this);

  current_ = NewThread("main");
  threads_[0].body = std::ref(body);
  SwitchContext(root_, threads_[0].context);

  if (verdict_ == Verdict::kPass && !redundant_ && options_.check_leaks) CheckLeaks();
  for (int i = 0; i < thread_count_; ++i) DestroyContext(threads_[i].context);
  Restore();
  heap_.Reset();
}

void Execution::SwitchTo(int thread) {
  ExecutionContext& from = threads_[current_].context;
  current_ = thread;
  SwitchContext(from, threads_[thread].context);
}

void Execution::Announce(const Operation& operation) {
  Thread& self = threads_[current_];
  const int id = current_;
  self.pending = operation;
  if (self.starter != kNobody) {
    const int starter = self.starter;
    self.starter = kNobody;
    SwitchTo(starter);
    return;
  }
  PickNext();
  if (current_ == id) return;
  const int next = current_;
  current_ = id;
  SwitchTo(next);
}

// Sets current_ to who is to make its pending operation.
void Execution::PickNext() {
  const ThreadMask enabled = EnabledThreads();
  if (enabled == 0) Stuck();
  if (steps_.size() >= options_.steps_max) {
    Fail(Verdict::kLivelock,
         "no end after " + std::to_string(steps_.size()) + " steps: threads run but do not finish");
  }
  const int next = strategy_->PickThread(enabled, current_);
  if (next == Strategy::kRedundant) {
    redundant_ = true;
    EndRun();
  }
  if (next == Strategy::kDiverged) {
    Fail(Verdict::kNondeterminism, "other threads can run than when these choices were first made");
  }
  choices_.push_back(next);
  choice_is_thread_.push_back(true);
  current_ = next;
}

int Execution::PickData(int count, int explored) {
  if (count == 1) return 0;
  const int choice = explored == 1 ? 0 : strategy_->PickData(explored);
  if (choice < 0) {
    Fail(Verdict::kNondeterminism, "an operation has other outcomes than in the first run");
  }
  // Noted also where the reduction left no choice: a replay knows nothing of it.
  choices_.push_back(choice);
  choice_is_thread_.push_back(false);
  return choice;
}

ThreadMask Execution::EnabledThreads() {
  // First those that can run; then those whose time limit passes; then those that only poll.
  for (int patience = 0; patience < 3; ++patience) {
    ThreadMask enabled = 0;
    for (int i = 0; i < thread_count_; ++i) {
      if (!threads_[i].finished && Enabled(threads_[i], i, patience)) enabled |= Bit(i);
    }
    if (enabled != 0) return enabled;
  }
  return 0;
}

bool Execution::Enabled(const Thread& thread, int id, int patience) const {
  const Operation& pending = thread.pending;
  const bool limit = pending.timed && (patience > 0 || TimeLimitMayPass(thread));
  switch (pending.kind) {
    case OperationKind::kLock:
      return pending.object->owner == kNobody;
    case OperationKind::kCondVarWake:
      return pending.other->owner == kNobody && ((pending.object->woken & Bit(id)) != 0 || limit);
    case OperationKind::kPark:
      return pending.object->token || limit;
    case OperationKind::kFutexWoken:
      return (pending.object->woken & Bit(id)) != 0 || limit;
    case OperationKind::kJoin:
      return threads_[pending.target].finished;
    default:
      break;
  }
  return patience == 2 || !thread.idle || thread.idle_since != writes_;
}

Step& Execution::BeginStep() {
  const Operation& operation = threads_[current_].pending;
  strategy_->BeforeStep(current_, operation);
  step_.thread = current_;
  step_.operation = operation;
  step_.value = 0;
  step_.written = 0;
  step_.success = true;
  step_.spurious = false;
  step_.stale = 0;
  return step_;
}

void Execution::FinishStep(bool news, bool changed) {
  Thread& self = threads_[current_];
  strategy_->AfterStep(step_);
  steps_.push_back(step_);
  ++self.view.clock.at[current_];
  if (changed) ++writes_;
  if (news) {
    self.repetitions.clear();
    self.idle = false;
  } else {
    self.idle = Repeats(self);
    self.idle_since = writes_;
  }
}

// Whether the step just made was made, all the same, too often since the thread saw news.
bool Execution::Repeats(Thread& thread) {
  uint64_t what = reinterpret_cast<uintptr_t>(step_.operation.where.file_name());
  for (const uint64_t part :
       {uint64_t{step_.operation.where.line()}, reinterpret_cast<uint64_t>(step_.operation.object),
        step_.value, step_.written, static_cast<uint64_t>(step_.operation.kind)}) {
    what = (what ^ part) * 0x9E3779B97F4A7C15u;
    what ^= what >> 29;
  }
  for (Repetition& repetition : thread.repetitions) {
    if (repetition.what == what) return ++repetition.count > options_.repetitions_max;
  }
  thread.repetitions.push_back({what, 1});
  return false;
}

// Whether the running thread reads, in store `index`, what it has not seen of another thread.
bool Execution::IsNews(const Object& object, uint32_t index) const {
  return object.last_read[current_] != index + 1 && object.stores[index].thread != current_;
}

void Execution::TimeLimitPassed() {
  ++threads_[current_].timeouts;
  step_.success = false;
  // Past any deadline that code under test computes from NowNs().
  now_ns_ += int64_t{3'600'000'000'000};
}

Object& Execution::Find(ObjectKind kind, void* address, size_t size, SourceLocation where) {
  Object& object = objects_.At(reinterpret_cast<uintptr_t>(address));
  if (object.id == 0) {
    objects_.Reset(object, kind, size);
    object.made_at = where;
    object.persistent = true;
    if (Heap::Contains(address)) {
      const Heap::Block* block = heap_.Find(address);
      object.freed = block == nullptr || block->freed;
    }
    if (kind == ObjectKind::kAtomic) {
      std::memcpy(&(object.initial_value = 0), address, size);
      memory_.Initialize(object, object.initial_value);
    }
  } else if (object.kind != kind) {
    Construct(kind, address, size, where);
  }
  return object;
}

void Execution::Construct(ObjectKind kind, void* address, size_t size, SourceLocation where) {
  const Inside inside(CurrentEngine() != nullptr ? this : nullptr);
  Object& object = objects_.At(reinterpret_cast<uintptr_t>(address));
  if (object.id != 0) CheckRace(object, true, where);
  objects_.Reset(object, kind, size);
  object.made_by = current_;
  object.made_epoch = epoch();
  object.made_at = where;
  if (Heap::Contains(address)) {
    const Heap::Block* block = heap_.Find(address);
    if (block == nullptr || block->freed) {
      Fail(Verdict::kUseAfterFree, "an object is made in memory that was freed");
    }
  }
  if (kind == ObjectKind::kAtomic) {
    uint64_t value = 0;
    std::memcpy(&value, address, size);
    memory_.Initialize(object, value);
  }
  Touched(object, where);
}

void Execution::CheckUsable(Object& object, SourceLocation) {
  if (object.freed) {
    Fail(Verdict::kUseAfterFree, ObjectName(object) + " is used after its memory was freed");
  }
  if (object.made_by != kNobody && !view().clock.Covers(object.made_by, object.made_epoch)) {
    Fail(Verdict::kDataRace, ObjectName(object) + " is used by " + threads_[current_].name +
                                 ", but nothing orders its making by " +
                                 threads_[object.made_by].name + " before that use");
  }
}

void Execution::Touched(Object& object, SourceLocation where) {
  object.accessed.at[current_] = epoch();
  object.accessed_at[current_] = where;
}

int Execution::Choose(int count, SourceLocation) {
  const Inside inside(this);
  return PickData(count, count);
}

void Execution::Name(const void* address, const char* name) {
  if (Object* object = objects_.Find(reinterpret_cast<uintptr_t>(address))) object->name = name;
}

void Execution::CheckFailed(const char* file, int line, const char* expression,
                            const char* message) {
  InstallEngine(nullptr);
  Fail(Verdict::kAssertion, std::string(file) + ":" + std::to_string(line) + ": " + expression +
                                " (" + message + "), by " + threads_[current_].name);
}

void Execution::Fail(Verdict verdict, std::string message) {
  verdict_ = verdict;
  message_ = std::move(message);
  EndRun();
}

void Execution::EndRun() {
  InstallEngine(nullptr);
  // A thread that gives up in PickNext may have named another one as current_ already; which
  // stack is left does not matter, since none is gone back to.
  SwitchContextFinal(threads_[current_].context, root_);
}

void Execution::Restore() {
  for (size_t i = 0; i < objects_.size(); ++i) {
    Object& object = objects_[i];
    if (object.persistent && object.kind == ObjectKind::kAtomic && IsStatic(object.address)) {
      std::memcpy(reinterpret_cast<void*>(object.address), &object.initial_value, object.size);
    }
  }
}

}  // namespace zokio::model
