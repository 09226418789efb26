// FaultBackend: any backend, made hostile: for tests of everything above it.
//
//   FaultOptions faults;
//   faults.seed = 7;
//   options.wrap_backend = WithFaults(faults);
//
// What it does, by the dice of its seed, is what kernels are allowed to do:
//   - requests are handed on late, and completions delivered late and in another order (those of
//   one
//     operation stay in theirs);
//   - transfers are cut short: the kernel is given less to send, write or read than was asked;
//   - chains break: at a transfer that was cut short, or before they begin;
//   - operations that did not begin answer -EINTR, armed receives -EINTR and -ENOBUFS;
//   - cancels come late: after the operation was completed anyway;
//   - a completion queue is left alone for some turns, so that it overflows;
//   - a wait returns with nothing; readiness is reported where there is none.
// The same seed and the same kernel's answers give the same faults.
//
// Ownership: owns the wrapped backend.  Thread-safety, errors: as Backend.
// Cost: no concern.
#ifndef ZOKIO_IO_BACKEND_FAULT_H_
#define ZOKIO_IO_BACKEND_FAULT_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "io/backend.h"

namespace zokio::io {

struct FaultOptions {
  FaultOptions() {}

  uint64_t seed = 1;
  // Each of a thousand.
  uint32_t late_requests = 100;
  uint32_t late_completions = 200;
  uint32_t short_transfers = 300;
  uint32_t failed_starts = 100;
  uint32_t stalls = 100;
  uint32_t false_readiness = 50;
};

struct FaultCounts {
  uint64_t late_requests = 0;
  uint64_t late_completions = 0;
  uint64_t short_transfers = 0;
  uint64_t failed_starts = 0;
  uint64_t stalls = 0;
  uint64_t false_readiness = 0;
};

// `counts`, where it is not null, outlives the backend.
std::unique_ptr<Backend> CreateFaultBackend(std::unique_ptr<Backend> inner,
                                            const FaultOptions& options,
                                            FaultCounts* counts = nullptr);

// For LoopOptions::wrap_backend.
inline std::function<std::unique_ptr<Backend>(std::unique_ptr<Backend>)> WithFaults(
    const FaultOptions& options, FaultCounts* counts = nullptr) {
  return [options, counts](std::unique_ptr<Backend> inner) {
    return CreateFaultBackend(std::move(inner), options, counts);
  };
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_BACKEND_FAULT_H_
