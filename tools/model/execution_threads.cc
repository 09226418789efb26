// Execution: the life of threads: their fibers, start and join, thread-locals, the end.
#include <sys/mman.h>

#include "base/check.h"
#include "tools/model/execution.h"

namespace zokio::model {
namespace {

constexpr size_t kStackSize = size_t{256} << 10;

}  // namespace

Execution::~Execution() {
  for (Thread& thread : threads_) {
    if (thread.stack != nullptr) munmap(thread.stack, kStackSize);
  }
}

int Execution::NewThread(std::string_view name) {
  const int id = thread_count_++;
  Thread& thread = threads_[id];
  if (thread.stack == nullptr) {
    void* memory = mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ZOKIO_CHECK(memory != MAP_FAILED, "memory for a modelled thread's stack");
    mprotect(memory, 4096, PROT_NONE);
    thread.stack = static_cast<char*>(memory);
  }
  thread.name.assign(name);
  thread.finished = false;
  thread.starter = kNobody;
  thread.pending = Operation();
  thread.view = ThreadView();
  thread.view.clock.at[id] = 1;
  thread.timeouts = 0;
  thread.spurious_failures = 0;
  thread.idle = false;
  thread.repetitions.clear();
  thread.locals.clear();
  MakeContext(thread.context, thread.stack + 4096, kStackSize - 4096, &ThreadMain, this);
  return id;
}

void Execution::ThreadMain(void* raw) {
  auto& execution = *static_cast<Execution*>(raw);
  const int id = execution.current_;
  Thread& self = execution.threads_[id];
  {
    // The callable dies here, where what it frees belongs to the modelled heap.
    std::function<void()> body = std::move(self.body);
    InstallEngine(&execution);
    body();
    body = nullptr;
  }
  InstallEngine(nullptr);
  self.finished = true;
  if (self.starter != kNobody) {
    execution.current_ = self.starter;
    self.starter = kNobody;
    SwitchContextFinal(self.context, execution.threads_[execution.current_].context);
  }
  execution.PickNext();
  SwitchContextFinal(self.context, execution.threads_[execution.current_].context);
}

int Execution::ThreadStart(std::string name, std::function<void()> body, SourceLocation where) {
  const Inside inside(this);
  if (thread_count_ == kThreadsMax) {
    Fail(Verdict::kMisuse, "more than " + std::to_string(kThreadsMax) + " threads");
  }
  (void)where;
  const int parent = current_;
  const int id = NewThread(name);
  Thread& child = threads_[id];
  child.body = std::move(body);
  Memory::Inherit(child.view, view());
  child.view.clock.at[id] = 1;
  ++view().clock.at[parent];
  strategy_->ThreadStarted(parent, id);
  // It runs to its first operation now, so that what it will do is known.
  child.starter = parent;
  SwitchTo(id);
  return id;
}

void Execution::ThreadJoin(int thread, SourceLocation where) {
  const Inside inside(this);
  Announce({.kind = OperationKind::kJoin, .target = thread, .where = where});
  BeginStep();
  Memory::Inherit(view(), threads_[thread].view);
  FinishStep(true, false);
}

void Execution::Yield(SourceLocation where) {
  const Inside inside(this);
  threads_[current_].idle = true;
  threads_[current_].idle_since = writes_;
  Announce({.kind = OperationKind::kYield, .where = where});
  BeginStep();
  FinishStep(true, false);
}

void* Execution::ThreadLocalAddress(const void* key, size_t size, size_t alignment,
                                    void (*make)(void*)) {
  std::vector<ThreadLocalSlot>& locals = threads_[current_].locals;
  for (const ThreadLocalSlot& slot : locals) {
    if (slot.key == key) return slot.memory;
  }
  void* memory;
  {
    const Inside inside(this);
    memory = heap_.Allocate(size, alignment, current_, 0);
    if (memory == nullptr) Fail(Verdict::kMisuse, "the modelled heap is full");
    heap_.Find(memory)->internal = true;
    locals.push_back({key, memory});
  }
  make(memory);
  return memory;
}

void Execution::Stuck() {
  bool asleep = false;
  std::string waiting;
  for (int i = 0; i < thread_count_; ++i) {
    if (threads_[i].finished) continue;
    const OperationKind kind = threads_[i].pending.kind;
    asleep |=
        kind == OperationKind::kPark || kind == OperationKind::kFutexWoken ||
        (kind == OperationKind::kCondVarWake && (threads_[i].pending.object->woken & Bit(i)) == 0);
    if (!waiting.empty()) waiting += "; ";
    waiting += threads_[i].name + " waits for " + WaitsFor(i);
  }
  if (waiting.empty()) EndRun();  // all finished
  Fail(asleep ? Verdict::kLostWakeup : Verdict::kDeadlock, waiting);
}

}  // namespace zokio::model
