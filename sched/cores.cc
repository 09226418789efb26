#include "sched/cores.h"

#include <unistd.h>

#include <algorithm>

#if defined(__linux__)
#include <sched.h>

#include <cerrno>
#include <vector>
#endif

namespace zokio {

int AvailableCores() {
#if defined(__linux__)
  // The kernel's mask may be longer than cpu_set_t: grow until it fits.
  for (size_t cpus = 1024; cpus <= size_t{1} << 20; cpus *= 2) {
    std::vector<cpu_set_t> mask(cpus / CPU_SETSIZE);
    size_t bytes = mask.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, mask.data()) == 0) {
      return std::max(1, CPU_COUNT_S(bytes, mask.data()));
    }
    if (errno != EINVAL) break;
  }
#endif
#if defined(_SC_NPROCESSORS_ONLN)
  return static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
#else
  return 1;
#endif
}

}  // namespace zokio
