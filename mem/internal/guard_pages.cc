#include "mem/internal/guard_pages.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>

#include "mem/internal/system_pages.h"

namespace zokio::mem_internal {
namespace {

constexpr int kGuardInstall = 102;  // MADV_GUARD_INSTALL, newer than Debian 12's headers
constexpr int kPidfdSelf = -10000;  // PIDFD_SELF_THREAD
constexpr size_t kBatch = 64;
constexpr uint32_t kMapsReserve = 8000;  // for libraries, heaps and other threads' stacks

bool AskKernel() {
  void* page = MapPages(kPageSize);
  if (page == nullptr) return false;
  const bool works = madvise(page, kPageSize, kGuardInstall) == 0;
  UnmapPages(page, kPageSize);
  return works;
}

}  // namespace

bool HasMarkerGuards() {
  static const bool works = AskKernel();
  return works;
}

size_t InstallMarkerGuards(char* begin, size_t stride, size_t guard_size, size_t count) {
  size_t done = 0;
#ifdef SYS_process_madvise
  while (count - done > 1) {
    iovec guards[kBatch];
    const size_t batch = count - done < kBatch ? count - done : kBatch;
    for (size_t i = 0; i < batch; ++i) guards[i] = {begin + (done + i) * stride, guard_size};
    const long bytes = syscall(SYS_process_madvise, kPidfdSelf, guards, batch, kGuardInstall, 0);
    if (bytes <= 0) break;  // kernels before 6.15 want a real descriptor: one by one then
    done += static_cast<size_t>(bytes) / guard_size;
  }
#endif
  for (; done < count; ++done) {
    if (madvise(begin + done * stride, guard_size, kGuardInstall) != 0) break;
  }
  return done;
}

size_t InstallProtectedGuards(char* begin, size_t stride, size_t guard_size, size_t count) {
  for (size_t done = 0; done < count; ++done) {
    if (mprotect(begin + done * stride, guard_size, PROT_NONE) != 0) return done;
  }
  return count;
}

uint32_t ProtectedGuardsMax() {
  uint32_t maps = 65530;
  if (std::FILE* file = std::fopen("/proc/sys/vm/max_map_count", "re")) {
    if (std::fscanf(file, "%u", &maps) != 1) maps = 65530;
    std::fclose(file);
  }
  return maps <= 2 * kMapsReserve ? maps / 4 : (maps - kMapsReserve) / 2;
}

}  // namespace zokio::mem_internal
