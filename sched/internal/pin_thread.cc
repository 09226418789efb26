#include "sched/internal/pin_thread.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>

#if defined(__linux__) && !defined(ZOKIO_MODEL)
#include <sched.h>
#endif

namespace zokio::internal {

int PinThisThread(const std::vector<int>& cpus) {
#if defined(__linux__) && !defined(ZOKIO_MODEL)
  if (cpus.empty()) return EINVAL;
  const int last = *std::max_element(cpus.begin(), cpus.end());
  std::vector<cpu_set_t> mask(static_cast<size_t>(last) / CPU_SETSIZE + 1);
  const size_t bytes = mask.size() * sizeof(cpu_set_t);
  for (const int cpu : cpus) CPU_SET_S(static_cast<size_t>(cpu), bytes, mask.data());
  return sched_setaffinity(0, bytes, mask.data()) == 0 ? 0 : errno;
#else
  return cpus.empty() ? EINVAL : ENOTSUP;
#endif
}

int ThisCpu() {
#if defined(__linux__) && !defined(ZOKIO_MODEL)
  return std::max(sched_getcpu(), 0);
#else
  return 0;
#endif
}

}  // namespace zokio::internal
