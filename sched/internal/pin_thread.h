// PinThisThread: binds the calling thread to some processors. ThisCpu: which one it runs on.
//
// Threads that it starts from then on inherit that.
//
// Thread-safety: any thread.  Errors: errno; ENOTSUP where the system cannot.
// Cost: a system call; ThisCpu some nanoseconds.
#ifndef ZOKIO_SCHED_INTERNAL_PIN_THREAD_H_
#define ZOKIO_SCHED_INTERNAL_PIN_THREAD_H_

#include <vector>

namespace zokio::internal {

// `cpus` as the kernel numbers them. Answers 0 or errno.
int PinThisThread(const std::vector<int>& cpus);

// As of now: it may be another one on return. 0 where the system does not say.
int ThisCpu();

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_PIN_THREAD_H_
