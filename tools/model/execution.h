// Execution: one run of a test body, its threads as fibers, one step at a time.
//
// Every operation of a seam is announced before it is made: the thread says what it is about to
// do, the strategy picks who goes on, and the picked thread makes its operation and runs on to
// its next one. So at every choice the next operation of each thread is known.
//
// Ownership: owns fibers' stacks, object records and the trace; reused for run after run.
// Thread-safety: one thread.
// Cost: about 0.1 us a step.
#ifndef ZOKIO_TOOLS_MODEL_EXECUTION_H_
#define ZOKIO_TOOLS_MODEL_EXECUTION_H_

#include <functional>
#include <string>
#include <vector>

#include "base/context_switch.h"
#include "base/model/engine.h"
#include "tools/model/heap.h"
#include "tools/model/memory.h"
#include "tools/model/object.h"
#include "tools/model/options.h"
#include "tools/model/report.h"
#include "tools/model/shadow.h"
#include "tools/model/step.h"
#include "tools/model/strategy.h"

namespace zokio::model {

class Execution final : public Engine {
 public:
  explicit Execution(const Options& options);
  ~Execution() override;
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // Runs `body` once, as thread 0. Afterwards the members below tell what happened.
  void Run(const std::function<void()>& body, Strategy& strategy);

  Verdict verdict() const { return verdict_; }
  const std::string& message() const { return message_; }
  bool redundant() const { return redundant_; }
  const std::vector<Step>& steps() const { return steps_; }
  // Every choice made, for Replay.
  const std::vector<int>& choices() const { return choices_; }
  // Of these, which were choices of a thread.
  const std::vector<bool>& choice_is_thread() const { return choice_is_thread_; }

  int thread_count() const { return thread_count_; }
  bool unfinished(int thread) const { return !threads_[thread].finished; }
  const Operation& pending(int thread) const { return threads_[thread].pending; }
  const std::string& thread_name(int thread) const { return threads_[thread].name; }
  // What the thread waits for at the end of a failed run; "" if it ended or could run.
  std::string WaitsFor(int thread) const;
  std::string ObjectName(const Object& object) const;

  // Engine
  void Construct(ObjectKind kind, void* address, size_t size, SourceLocation where) override;
  uint64_t Load(void* address, size_t size, std::memory_order order, SourceLocation where) override;
  void Store(void* address, size_t size, uint64_t value, std::memory_order order,
             SourceLocation where) override;
  uint64_t Rmw(void* address, size_t size, RmwKind kind, uint64_t operand, std::memory_order order,
               SourceLocation where) override;
  bool CompareExchange(void* address, size_t size, uint64_t& expected, uint64_t desired,
                       std::memory_order success, std::memory_order failure, bool weak,
                       SourceLocation where) override;
  bool FutexWait(void* address, size_t size, uint64_t expected, bool timed,
                 SourceLocation where) override;
  void FutexWake(void* address, size_t size, bool all, SourceLocation where) override;
  void Fence(FenceKind kind, SourceLocation where) override;
  void Access(void* address, size_t size, bool write, SourceLocation where) override;
  void MutexLock(void* mutex, SourceLocation where) override;
  bool MutexTryLock(void* mutex, SourceLocation where) override;
  void MutexUnlock(void* mutex, SourceLocation where) override;
  bool CondVarWait(void* condition, void* mutex, bool timed, SourceLocation where) override;
  void CondVarNotify(void* condition, bool all, SourceLocation where) override;
  bool Park(void* parker, bool timed, SourceLocation where) override;
  bool Unpark(void* parker, SourceLocation where) override;
  int ThreadStart(std::string name, std::function<void()> body, SourceLocation where) override;
  void ThreadJoin(int thread, SourceLocation where) override;
  void Yield(SourceLocation where) override;
  void* ThreadLocalAddress(const void* key, size_t size, size_t alignment,
                           void (*make)(void*)) override;
  int Choose(int count, SourceLocation where) override;
  int64_t NowNs() override { return now_ns_; }
  void Name(const void* address, const char* name) override;
  [[noreturn]] void CheckFailed(const char* file, int line, const char* expression,
                                const char* message) override;

  // operator new and delete of the body.
  void* Allocate(size_t size, size_t alignment);
  void Deallocate(void* memory, const void* pc);

  // Accesses of the body to memory that is no seam object, from the compiler's instrumentation.
  void PlainAccess(const void* address, size_t size, bool write, const void* pc);
  // An atomic of the standard library's own: ordered after all earlier ones on that word.
  void ForeignAtomic(const void* address);

  // The execution that drives the running thread, for operator new; also while its own code runs.
  static Execution* Current();

 private:
  struct Repetition {
    uint64_t what;
    int count;
  };
  struct ThreadLocalSlot {
    const void* key;
    void* memory;
  };
  struct Thread {
    ExecutionContext context;
    char* stack = nullptr;
    std::string name;
    std::function<void()> body;
    bool finished = true;
    int starter = kNobody;  // goes on once this thread announced its first operation
    Operation pending;
    ThreadView view;
    VectorClock enabler;  // of the step that woke it, in the reduction's relation
    int timeouts = 0;
    int spurious_failures = 0;
    // What it did since it last saw something new, and how often.
    std::vector<Repetition> repetitions;
    bool idle = false;        // repeats itself
    uint32_t idle_since = 0;  // writes made by all when it last did
    std::vector<ThreadLocalSlot> locals;
  };

  // While the checker's own code runs, no engine is installed: what it does is not modelled.
  class Inside {
   public:
    explicit Inside(Execution* execution) : execution_(execution) { InstallEngine(nullptr); }
    ~Inside() { InstallEngine(execution_); }

   private:
    Execution* execution_;
  };

  static void ThreadMain(void* raw);
  int NewThread(std::string_view name);
  void SwitchTo(int thread);
  // `operation` is what the running thread does next; returns when it is its turn.
  void Announce(const Operation& operation);
  void PickNext();
  ThreadMask EnabledThreads();
  bool Enabled(const Thread& thread, int id, int patience) const;
  // One of 0 ... count - 1. Only the first `explored` of them find what is not found otherwise.
  int PickData(int count, int explored);

  Object& Find(ObjectKind kind, void* address, size_t size, SourceLocation where);
  void CheckUsable(Object& object, SourceLocation where);
  void Touched(Object& object, SourceLocation where);
  // The record of the step being made; FinishStep ends it.
  Step& BeginStep();
  // `news`: it saw something of another thread; `changed`: others may see something new of it.
  void FinishStep(bool news, bool changed);
  bool Repeats(Thread& thread);
  bool IsNews(const Object& object, uint32_t index) const;
  ThreadView& view() { return threads_[current_].view; }
  uint32_t epoch() const { return threads_[current_].view.clock.at[current_]; }
  void WriteMemory(Object& object, uint64_t value);
  void WriteStore(Object& object, uint64_t value, std::memory_order order, bool replaces);
  uint32_t OldestToSee(const Object& object, std::memory_order order) const;
  bool MayReadStale(const Object& object) {
    return object.stores.size() > 1 && strategy_->MayReadStale(object, current_);
  }
  bool TimeLimitMayPass(const Thread& thread) const {
    return thread.timeouts < options_.timeouts_max;
  }
  void TimeLimitPassed();

  void Wake(Object& object, ThreadMask threads);
  void CheckRace(Object& object, bool write, SourceLocation where);
  [[noreturn]] void Fail(Verdict verdict, std::string message);
  [[noreturn]] void EndRun();
  [[noreturn]] void Stuck();
  [[noreturn]] void FailAccess(const Shadow::Conflict& conflict, const char* what, const void* pc);
  void CheckLeaks();
  void Restore();

  const Options& options_;
  Strategy* strategy_ = nullptr;
  Heap& heap_;
  ObjectTable objects_;
  Memory memory_;
  Shadow shadow_;
  ExecutionContext root_;
  Thread threads_[kThreadsMax];
  int thread_count_ = 0;
  int current_ = 0;
  uint32_t writes_ = 0;
  int64_t now_ns_ = 0;
  std::vector<Step> steps_;
  Step step_;
  std::vector<int> choices_;
  std::vector<bool> choice_is_thread_;
  Verdict verdict_ = Verdict::kPass;
  std::string message_;
  bool redundant_ = false;
  bool plain_accesses_ = false;  // the body is instrumented
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_EXECUTION_H_
