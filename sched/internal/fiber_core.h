// FiberCore: a stack that runs while its fiber is polled and rests in between. What RunFiber's
// future and the fiber's own code share, free of their types.
//
// Two sides: the poller calls Start, Resume and Release; the code on the stack calls Suspend.
// Thread-safety: one thread at a time; the fiber may move between threads while it rests.
// Cost: a switch each way, and the exchange of what the C++ runtime keeps of exceptions in flight,
// so that a fiber may wait inside a catch block.
#ifndef ZOKIO_SCHED_INTERNAL_FIBER_CORE_H_
#define ZOKIO_SCHED_INTERNAL_FIBER_CORE_H_

#include <cstdint>

#include "base/context_switch.h"
#include "future/context.h"
#include "mem/stack_pool.h"

namespace zokio::internal {

class FiberCore {
 public:
  explicit FiberCore(StackPool& pool) : pool_(&pool) {}
  // Movable until Start.
  FiberCore(FiberCore&& other) noexcept;
  // REQUIRES: not suspended.
  ~FiberCore();

  bool started() const { return started_; }
  bool ended() const { return ended_; }
  bool suspended() const { return started_ && !ended_; }
  bool cancelling() const { return cancelling_; }
  void BeginCancel() { cancelling_ = true; }

  // Takes a stack on which the first Resume will call body(argument). False: there is none left.
  bool Start(void (*body)(void* argument), void* argument);
  // Runs the fiber until it suspends or ends; true when it ended. The stack is given back then.
  bool Resume(Context& context);

  // On the fiber's stack: the poll in which it runs now, and the end of that.
  Context& context() const { return *context_; }
  void Suspend();

 private:
  // __cxa_eh_globals of the Itanium C++ ABI.
  struct ExceptionState {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };

  static void Entry(void* core);
  static ExceptionState& ThreadExceptions();

  StackPool* pool_;
  StackSpan stack_;
  ExecutionContext fiber_;
  ExecutionContext poller_;
  ExceptionState exceptions_;
  Context* context_ = nullptr;
  void (*body_)(void*) = nullptr;
  void* argument_ = nullptr;
  bool started_ = false;
  bool ended_ = false;
  bool cancelling_ = false;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_FIBER_CORE_H_
