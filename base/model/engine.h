// Engine: what the seams of `base` ask of a model checker, and nothing of how it does it.
//
// In a build with ZOKIO_MODEL the seams (Atomic, Mutex, CondVar, Parker, Thread, ThreadLocal, the
// asymmetric fence) forward every operation to the engine that is installed on the running
// thread. `tools/model` implements it. Where none is installed (static initialisation, the test
// framework, the checker itself) the seams fall back to plain behaviour.
//
// An object is known by its address, so that a seam type has the size and layout of its
// production twin and `static_assert(sizeof ...)` keeps its meaning.
//
// Thread-safety: the installed pointer is per thread; an engine is used by one thread at a time.
#ifndef ZOKIO_BASE_MODEL_ENGINE_H_
#define ZOKIO_BASE_MODEL_ENGINE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>

namespace zokio::model {

using SourceLocation = std::source_location;

// kForeign: an atomic that is no seam (the standard library's reference counts).
enum class ObjectKind : uint8_t { kAtomic, kVariable, kMutex, kCondVar, kParker, kForeign };

enum class RmwKind : uint8_t { kExchange, kAdd, kSub, kAnd, kOr, kXor };

// The two sides of the asymmetric fence, beside the orders of an ordinary one.
enum class FenceKind : uint8_t { kAcquire, kRelease, kAcqRel, kSeqCst, kLight, kHeavy };

class Engine {
 public:
  virtual ~Engine() = default;

  // An object's life begins at `address`; what was known of that address is forgotten.
  virtual void Construct(ObjectKind kind, void* address, size_t size, SourceLocation where) = 0;

  // Values are the object's bytes, zero-extended.
  virtual uint64_t Load(void* address, size_t size, std::memory_order order,
                        SourceLocation where) = 0;
  virtual void Store(void* address, size_t size, uint64_t value, std::memory_order order,
                     SourceLocation where) = 0;
  // Returns the value before.
  virtual uint64_t Rmw(void* address, size_t size, RmwKind kind, uint64_t operand,
                       std::memory_order order, SourceLocation where) = 0;
  // On failure `expected` becomes the value that was read.
  virtual bool CompareExchange(void* address, size_t size, uint64_t& expected, uint64_t desired,
                               std::memory_order success, std::memory_order failure, bool weak,
                               SourceLocation where) = 0;
  // Sleeps if the newest value is `expected`, until FutexWake. False: the time limit passed.
  virtual bool FutexWait(void* address, size_t size, uint64_t expected, bool timed,
                         SourceLocation where) = 0;
  virtual void FutexWake(void* address, size_t size, bool all, SourceLocation where) = 0;
  virtual void Fence(FenceKind kind, SourceLocation where) = 0;

  // An access to annotated plain memory: never a scheduling point, checked for data races.
  virtual void Access(void* address, size_t size, bool write, SourceLocation where) = 0;

  virtual void MutexLock(void* mutex, SourceLocation where) = 0;
  virtual bool MutexTryLock(void* mutex, SourceLocation where) = 0;
  virtual void MutexUnlock(void* mutex, SourceLocation where) = 0;
  // False: the time limit passed.
  virtual bool CondVarWait(void* condition, void* mutex, bool timed, SourceLocation where) = 0;
  virtual void CondVarNotify(void* condition, bool all, SourceLocation where) = 0;
  // False: the time limit passed without a token.
  virtual bool Park(void* parker, bool timed, SourceLocation where) = 0;
  // True: the owner was asleep.
  virtual bool Unpark(void* parker, SourceLocation where) = 0;

  virtual int ThreadStart(std::string name, std::function<void()> body, SourceLocation where) = 0;
  virtual void ThreadJoin(int thread, SourceLocation where) = 0;
  // This thread waits for others to get on: lets a loop that polls be explored.
  virtual void Yield(SourceLocation where) = 0;

  // The running thread's own copy of a variable that `key` names, made by `make` at first use.
  virtual void* ThreadLocalAddress(const void* key, size_t size, size_t alignment,
                                   void (*make)(void*)) = 0;

  // One of 0 ... count - 1; all are explored.
  virtual int Choose(int count, SourceLocation where) = 0;
  // Nanoseconds of the model's clock: moves only when a timed wait runs out.
  virtual int64_t NowNs() = 0;
  // Gives an object a name in reports.
  virtual void Name(const void* address, const char* name) = 0;
  [[noreturn]] virtual void CheckFailed(const char* file, int line, const char* expression,
                                        const char* message) = 0;
};

namespace internal {
inline constinit thread_local Engine* engine = nullptr;
}  // namespace internal

// The engine that drives the running thread; null outside a model-checked test body.
inline Engine* CurrentEngine() { return internal::engine; }
inline void InstallEngine(Engine* engine) { internal::engine = engine; }

}  // namespace zokio::model

#endif  // ZOKIO_BASE_MODEL_ENGINE_H_
