// CpuQuota: how much processor time the process's cgroups grant it.
//
// A container is limited this way more often than by an affinity mask: it sees 64 processors and
// may use the time of two. With a worker for each it would be stopped for most of each period.
//
// Both versions of the kernel's interface are read: cpu.max of version 2, cpu.cfs_quota_us of
// version 1; of the process's own group and of all above it, as far as they are mounted here: the
// smallest counts.
//
// Thread-safety: any thread.  Errors: none; what cannot be read or understood grants everything.
// Cost: a few small files.
// Source: the kernel's documentation of cgroups, proc(5).
#ifndef ZOKIO_SCHED_CPU_QUOTA_H_
#define ZOKIO_SCHED_CPU_QUOTA_H_

#include <string>
#include <string_view>
#include <vector>

namespace zokio {

// In processors, such as 1.5; infinite where there is no limit. `root` is put before the paths of
// all files, for tests.
double CpuQuota(const std::string& root = "");

namespace internal {

// "150000 100000" or "max 100000": the processors; infinite where it says no number.
double ParseCpuMax(std::string_view text);
// The two files of version 1; -1 is no limit.
double ParseCfsQuota(std::string_view quota_us, std::string_view period_us);

// Where the groups that limit processor time are found.
struct CpuCgroup {
  int version = 2;
  std::string mount_point;
  std::string mounted;  // the part of the hierarchy that is mounted there: "/" or a group
  std::string group;    // the process's own
};
// From /proc/self/cgroup and /proc/self/mountinfo.
std::vector<CpuCgroup> FindCpuCgroups(std::string_view cgroups, std::string_view mounts);
// The folders to look at, the process's own first, the mount point last; none where that mount has
// other groups than ours.
std::vector<std::string> FoldersOf(const CpuCgroup& cgroup);

}  // namespace internal

}  // namespace zokio

#endif  // ZOKIO_SCHED_CPU_QUOTA_H_
