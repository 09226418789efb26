// What a kernel, or somebody who mounts his own files over its, may say of quotas.
#include "sched/cpu_quota.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace internal = zokio::internal;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t middle = text.find('|');
  const std::string_view first = text.substr(0, middle);
  const std::string_view second =
      middle == std::string_view::npos ? std::string_view() : text.substr(middle + 1);
  ZOKIO_CHECK(internal::ParseCpuMax(text) > 0, "a quota is above zero, or there is none");
  ZOKIO_CHECK(internal::ParseCfsQuota(first, second) > 0, "so it is in version 1");
  for (const internal::CpuCgroup& cgroup : internal::FindCpuCgroups(first, second)) {
    for (const std::string& folder : internal::FoldersOf(cgroup)) {
      ZOKIO_CHECK(folder.starts_with(cgroup.mount_point), "a folder outside its mount");
      const std::string below = folder.substr(cgroup.mount_point.size()) + '/';
      ZOKIO_CHECK(below.find("/../") == std::string::npos, "a folder above its mount");
    }
  }
  return 0;
}
