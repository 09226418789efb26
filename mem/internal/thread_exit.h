// ThreadExit: a call when the running thread ends.
//
// Runs after the destructors of C++ thread-locals, so that these may still use a pool. The main
// thread's call is not made: its memory ends with the process.
//
// Thread-safety: any thread.
// Errors: a process may have few hundred of these; running out fails a CHECK at start-up.
#ifndef ZOKIO_MEM_INTERNAL_THREAD_EXIT_H_
#define ZOKIO_MEM_INTERNAL_THREAD_EXIT_H_

namespace zokio::mem_internal {

// One per use, made once: `static const ThreadExit exit(&Call)`; never destroyed.
class ThreadExit {
 public:
  explicit ThreadExit(void (*call)(void*));

  // `argument` is given to the call when this thread ends; nullptr takes it back.
  void Arm(void* argument) const;

 private:
  unsigned key_;
};

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_THREAD_EXIT_H_
