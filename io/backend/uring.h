// UringBackend: completions by io_uring; the preferred backend on Linux.
//
// One ring per loop, used by its thread alone (SINGLE_ISSUER, DEFER_TASKRUN), so there is no lock
// around it and completions run when the thread asks. One system call per turn submits the batch,
// fetches completions and waits. Streams receive by one multishot operation each into buffers that
// the loop's pool provides; listeners accept by one.
//
// How many buffers are with the kernel follows the load: doubled when a turn uses most of them or
// a receive finds none, halved when a long stretch uses few. What is provided was used last, so
// that a light load stays in the cache. Large buffers are a group of their own, unused until a
// stream wants them.
//
// Wake-ups: a multishot poll on an eventfd, whose every write is a completion; never read back.
//
// Thread-safety, errors: as Backend.
// Cost: an idle Reap is three loads. A receive costs one completion, its buffer one store.
#ifndef ZOKIO_IO_BACKEND_URING_H_
#define ZOKIO_IO_BACKEND_URING_H_

#include <memory>

#include "base/result.h"
#include "io/backend.h"
#include "io/backend/uring_probe.h"
#include "io/loop_options.h"

namespace zokio::io {

// REQUIRES: features.usable.
Result<std::unique_ptr<Backend>> CreateUringBackend(const UringFeatures& features,
                                                    const LoopOptions& options,
                                                    BackendReport report);

}  // namespace zokio::io

#endif  // ZOKIO_IO_BACKEND_URING_H_
