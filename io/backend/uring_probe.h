// ProbeUring: what this kernel lets this process do with io_uring, found by trying.
//
// Containers deny io_uring by seccomp (EPERM), administrators by sysctl, kernels differ by version:
// each step of the ladder is tried for real on a small ring and a socket pair, and each denied one
// is remembered with its reason.
//
// Thread-safety: any thread.  Cost: some dozen system calls (about 100 us).
#ifndef ZOKIO_IO_BACKEND_URING_PROBE_H_
#define ZOKIO_IO_BACKEND_URING_PROBE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "io/backend_report.h"

namespace zokio::io {

struct UringFeatures {
  bool usable = false;       // enough for the backend
  unsigned setup_flags = 0;  // the best that this kernel takes
  bool multishot_receive = false;
  bool multishot_accept = false;
  bool skip_success = false;  // completions that say nothing are left out
  uint32_t file_kinds = 0;    // a bit for each OpKind of files that the kernel does
  std::vector<std::string> names;
  std::vector<DeniedStep> denied;
};

UringFeatures ProbeUring();

}  // namespace zokio::io

#endif  // ZOKIO_IO_BACKEND_URING_PROBE_H_
