// The stack of another thread of this process, told by that thread itself in a signal handler; and
// the names of code.
//
// The signal is SIGURG, which does nothing by default; where the program handles it, no stack is
// told. Calls in which the thread blocks go on (SA_RESTART), but for those that the kernel never
// restarts, which then fail with EINTR.
//
// Thread-safety: any thread; one stack at a time.  Errors: none, an empty answer.
// Cost: a signal, an unwinding, and names looked up by the caller.
#ifndef ZOKIO_SCHED_INTERNAL_THREAD_STACK_H_
#define ZOKIO_SCHED_INTERNAL_THREAD_STACK_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"

namespace zokio::internal {

// Once before the first question.
void PrepareThreadStacks();

// A stack for this thread's signal handlers, for as long as it lives: what runs when the signal
// comes may be a fiber with its own stack nearly full. Nothing where the thread has one already.
class SignalStack {
 public:
  SignalStack();
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;
  ~SignalStack();

 private:
  std::unique_ptr<std::byte[]> memory_;
};

// What names this thread to others; 0 where stacks cannot be had.
int ThisThreadNumber();

// The return addresses of the calls that this thread is in, innermost first, without the two that
// lead here. Returns how many; none where they cannot be had.
int CallsOfThisThread(const void** addresses, int count_max);

// One line for each call, innermost first. Empty where the thread does not answer in time.
std::string StackOfThread(int thread_number, Duration limit);

// One line for each address.
std::string NamesOfCode(const std::vector<const void*>& addresses);

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_THREAD_STACK_H_
