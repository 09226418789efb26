// AvailableCores: how many processors this process may use.
//
// The affinity mask of the calling thread is respected; at least 1.
//
// Thread-safety: any thread.  Cost: one system call.
#ifndef ZOKIO_SCHED_CORES_H_
#define ZOKIO_SCHED_CORES_H_

namespace zokio {

int AvailableCores();

}  // namespace zokio

#endif  // ZOKIO_SCHED_CORES_H_
