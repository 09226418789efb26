#include "sched/cpu_quota.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sched/cores.h"

namespace zokio {
namespace {

using internal::CpuCgroup;
using internal::FindCpuCgroups;
using internal::FoldersOf;
using internal::ParseCfsQuota;
using internal::ParseCpuMax;
using Folders = std::vector<std::string>;

TEST(CpuQuotaTest, ReadsBothFormats) {
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
  EXPECT_EQ(ParseCpuMax("50000 100000"), 0.5);
  EXPECT_EQ(ParseCfsQuota("400000\n", "100000\n"), 4.0);
}

TEST(CpuQuotaTest, WhatIsNoLimitGrantsEverything) {
  for (const char* text :
       {"max 100000\n", "max", "", "\n", " ", "100000", "100000 0", "0 100000", "-1 100000",
        "1e5 100000", "100000 100000 1", "100000  100000", "99999999999999999999 100000"}) {
    EXPECT_TRUE(std::isinf(ParseCpuMax(text))) << text;
  }
  EXPECT_TRUE(std::isinf(ParseCfsQuota("-1\n", "100000\n")));
  EXPECT_TRUE(std::isinf(ParseCfsQuota("", "")));
}

TEST(CpuQuotaTest, FindsTheMountsOfBothVersions) {
  const auto found = FindCpuCgroups(
      "9:name=systemd:/\n3:cpuset:/\n2:cpu,cpuacct:/docker/abc\n0::/user.slice\n",
      "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
      "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu rw shared:1 master:2 - cgroup cgroup "
      "rw,cpuacct,cpu\n"
      "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
      "41 31 0:38 / /a\\040place rw - cgroup2 cgroup2 rw\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].version, 1);
  EXPECT_EQ(found[0].mount_point, "/sys/fs/cgroup/cpu");
  EXPECT_EQ(found[0].mounted, "/docker/abc");
  EXPECT_EQ(found[0].group, "/docker/abc");
  EXPECT_EQ(found[1].version, 2);
  EXPECT_EQ(found[1].mount_point, "/a place");
  EXPECT_EQ(found[1].group, "/user.slice");
}

TEST(CpuQuotaTest, LooksUpwardsFromTheOwnGroup) {
  const auto folders = [](const char* mounted, const char* group) {
    return FoldersOf({.version = 2, .mount_point = "/m", .mounted = mounted, .group = group});
  };
  EXPECT_EQ(folders("/", "/"), Folders{"/m"});
  EXPECT_EQ(folders("/", "/a/b"), (Folders{"/m/a/b", "/m/a", "/m"}));
  EXPECT_EQ(folders("/docker/abc", "/docker/abc"), Folders{"/m"});
  EXPECT_EQ(folders("/docker/abc", "/docker/abc/in"), (Folders{"/m/in", "/m"}));
  EXPECT_EQ(folders("/docker/abc", "/docker/abcd"), Folders{});
  EXPECT_EQ(folders("/", "/../other"), Folders{});
  EXPECT_EQ(folders("/", "/.."), Folders{});
  EXPECT_EQ(folders("/", "/a..b"), (Folders{"/m/a..b", "/m"}));  // a name as any other
  EXPECT_EQ(folders("/", "nothing"), Folders{});
}

// A tree of files as a kernel would show it.
class CpuQuotaFilesTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  const std::string root_ = ::testing::TempDir() + "cpu_quota_" + std::to_string(getpid()) + "_" +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(CpuQuotaFilesTest, TheTightestOfAllGroupsAboveCounts) {
  Write("/proc/self/cgroup", "0::/outer/inner\n");
  Write("/proc/self/mountinfo", "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  EXPECT_TRUE(std::isinf(CpuQuota(root_)));
  Write("/sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
  EXPECT_TRUE(std::isinf(CpuQuota(root_)));
  Write("/sys/fs/cgroup/outer/cpu.max", "250000 100000\n");
  EXPECT_EQ(CpuQuota(root_), 2.5);
  Write("/sys/fs/cgroup/outer/inner/cpu.max", "300000 100000\n");
  EXPECT_EQ(CpuQuota(root_), 2.5);
}

TEST_F(CpuQuotaFilesTest, Version1HasTwoFiles) {
  Write("/proc/self/cgroup", "1:cpu:/box\n0::/\n");
  Write("/proc/self/mountinfo",
        "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n");
  Write("/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "150000\n");
  Write("/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CpuQuota(root_), 1.5);
}

TEST_F(CpuQuotaFilesTest, WithoutAnyFileThereIsNoLimit) {
  EXPECT_TRUE(std::isinf(CpuQuota(root_)));
}

// Runs `body` in a child of this process; returns its exit status.
template <typename Body>
int InChild(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(AvailableCoresTest, TheAffinityMaskIsRespected) {
  const std::vector<int> all = UsableCpus();
  ASSERT_FALSE(all.empty());
  EXPECT_LE(AvailableCores(), static_cast<int>(all.size()));
  const int last = all.back();
  EXPECT_EQ(InChild([last] {
              cpu_set_t one;
              CPU_ZERO(&one);
              CPU_SET(last, &one);
              if (sched_setaffinity(0, sizeof one, &one) != 0) return 1;
              if (UsableCpus() != std::vector<int>{last}) return 2;
              return AvailableCores() == 1 ? 0 : 3;
            }),
            0);
}

// A real group of either version, in which this process may put a child.
class RealCgroup {
 public:
  RealCgroup() {
    for (const CpuCgroup& cgroup :
         FindCpuCgroups(ReadAll("/proc/self/cgroup"), ReadAll("/proc/self/mountinfo"))) {
      const Folders folders = FoldersOf(cgroup);
      if (folders.empty()) continue;
      folder_ = folders[0] + "/zokio_test_" + std::to_string(getpid());
      if (mkdir(folder_.c_str(), 0755) != 0) continue;
      limited_ = cgroup.version == 2 ? WriteTo("/cpu.max", "50000 100000")
                                     : WriteTo("/cpu.cfs_period_us", "100000") &&
                                           WriteTo("/cpu.cfs_quota_us", "50000");
      if (limited_) return;
      rmdir(folder_.c_str());
    }
  }
  RealCgroup(const RealCgroup&) = delete;
  RealCgroup& operator=(const RealCgroup&) = delete;
  ~RealCgroup() {
    if (limited_) rmdir(folder_.c_str());
  }
  bool limited() const { return limited_; }
  bool Enter() const { return WriteTo("/cgroup.procs", std::to_string(getpid())); }

 private:
  static std::string ReadAll(const char* path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  bool WriteTo(const char* file, const std::string& text) const {
    std::ofstream stream(folder_ + file);
    stream << text << std::flush;
    return stream.good();
  }

  std::string folder_;
  bool limited_ = false;
};

TEST(AvailableCoresTest, ARealQuotaIsRespected) {
  RealCgroup cgroup;
  if (!cgroup.limited()) GTEST_SKIP() << "nobody may make a group with a quota here";
  EXPECT_EQ(InChild([&] {
              if (!cgroup.Enter()) return 1;
              if (CpuQuota() != 0.5) return 2;
              return AvailableCores() == 1 ? 0 : 3;
            }),
            0);
}

}  // namespace
}  // namespace zokio
