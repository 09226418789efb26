// AvailableCores: how many processors this process may use.
//
// The affinity mask of the calling thread is respected, and where the process's cgroup, or one
// above it, has a quota of processor time, that many processors, rounded up; at least 1.
//
// Thread-safety: any thread.
// Cost: UsableCpus one system call; AvailableCores a few small files besides.
#ifndef ZOKIO_SCHED_CORES_H_
#define ZOKIO_SCHED_CORES_H_

#include <vector>

namespace zokio {

int AvailableCores();

// The processors of the affinity mask, as the kernel numbers them, rising; empty where there is no
// such thing.
std::vector<int> UsableCpus();

}  // namespace zokio

#endif  // ZOKIO_SCHED_CORES_H_
