// StackOverflow: a fiber that overflows its stack is named before the process dies.
//
// A SIGSEGV in a guard of a StackPool is reported on standard error as
//   zokio: stack overflow in fiber "name" (stack 17 of 65536 bytes)
// and goes on to whatever handled the signal before, by default a core dump. Every other
// SIGSEGV goes there directly.
//
// Thread-safety: Install once per process, from any thread; a second call does nothing. Each
//   thread that runs fibers needs PrepareThread: a handler cannot run on the stack that is full.
// Errors: a thread whose alternate stack the kernel refuses dies unnamed.
// Cost: 16 KiB for each thread, given back at its end; nothing while nothing overflows.
#ifndef ZOKIO_MEM_STACK_OVERFLOW_H_
#define ZOKIO_MEM_STACK_OVERFLOW_H_

namespace zokio {

class StackOverflow {
 public:
  static void Install();
  // Gives the calling thread an alternate signal stack, unless it has one.
  static void PrepareThread();
};

}  // namespace zokio

#endif  // ZOKIO_MEM_STACK_OVERFLOW_H_
