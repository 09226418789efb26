// Which process this is: fork() gives a child the memory of a scheduler, but not its threads.
//
// Thread-safety: any thread.  Cost: one load.
#ifndef ZOKIO_SCHED_INTERNAL_PROCESS_H_
#define ZOKIO_SCHED_INTERNAL_PROCESS_H_

#include <cstdint>

namespace zokio::internal {

// Call before the first thread is started whose absence is to be noticed. `in_child` is called in
// each child, on the thread that forked; the same each time.
void WatchForFork(void (*in_child)());

// Differs between a process and the children that it forks.
uint32_t ProcessGeneration();

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_PROCESS_H_
