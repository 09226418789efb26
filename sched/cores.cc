#include "sched/cores.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "sched/cpu_quota.h"

#if defined(__linux__)
#include <sched.h>

#include <cerrno>
#endif

namespace zokio {

std::vector<int> UsableCpus() {
  std::vector<int> usable;
#if defined(__linux__)
  // The kernel's mask may be longer than cpu_set_t: grow until it fits.
  for (size_t cpus = 1024; cpus <= size_t{1} << 20; cpus *= 2) {
    std::vector<cpu_set_t> mask(cpus / CPU_SETSIZE);
    size_t bytes = mask.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, mask.data()) == 0) {
      for (size_t cpu = 0; cpu < cpus; ++cpu) {
        if (CPU_ISSET_S(cpu, bytes, mask.data())) usable.push_back(static_cast<int>(cpu));
      }
      break;
    }
    if (errno != EINVAL) break;
  }
#endif
  return usable;
}

int AvailableCores() {
  auto cores = static_cast<int>(UsableCpus().size());
#if defined(_SC_NPROCESSORS_ONLN)
  if (cores == 0) cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
#endif
  if (const double quota = CpuQuota(); quota < cores) cores = static_cast<int>(std::ceil(quota));
  return std::max(1, cores);
}

}  // namespace zokio
