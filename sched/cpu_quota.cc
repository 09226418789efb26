#include "sched/cpu_quota.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <limits>

namespace zokio {
namespace internal {
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

// Takes the text up to `separator`, or all that is left.
std::string_view Take(std::string_view* text, char separator) {
  const size_t end = text->find(separator);
  const std::string_view taken = text->substr(0, end);
  *text = end == std::string_view::npos ? std::string_view() : text->substr(end + 1);
  return taken;
}

// A whole word that is a number above zero; 0 for all else.
int64_t Positive(std::string_view word) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = error == std::errc() && end == word.data() + word.size();
  return whole && number > 0 ? number : 0;
}

double Quotient(std::string_view quota, std::string_view period) {
  const int64_t quota_us = Positive(quota);
  const int64_t period_us = Positive(period);
  if (quota_us == 0 || period_us == 0) return kUnlimited;
  return static_cast<double>(quota_us) / static_cast<double>(period_us);
}

std::string_view FirstLine(std::string_view text) { return Take(&text, '\n'); }

bool HasWord(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (Take(&list, ',') == word) return true;
  }
  return false;
}

// Mount points have blanks and the like as \040.
std::string Unescape(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      const int code = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      plain += static_cast<char>(code);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

struct Mount {
  std::string_view root;
  std::string_view point;
  std::string_view type;
  std::string_view options;
};

// "36 35 98:0 ROOT POINT rw,noatime master:1 - TYPE SOURCE OPTIONS"
Mount ParseMount(std::string_view line) {
  Mount mount;
  for (int i = 0; i < 3; ++i) Take(&line, ' ');
  mount.root = Take(&line, ' ');
  mount.point = Take(&line, ' ');
  while (!line.empty() && Take(&line, ' ') != "-") {
  }
  mount.type = Take(&line, ' ');
  Take(&line, ' ');
  mount.options = Take(&line, ' ');
  return mount;
}

std::string ReadFile(const std::string& path) {
  std::string text;
  FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return text;
  char part[4096];
  while (const size_t size = std::fread(part, 1, sizeof part, file)) text.append(part, size);
  std::fclose(file);
  return text;
}

double QuotaIn(const std::string& folder, int version) {
  if (version == 2) return ParseCpuMax(ReadFile(folder + "/cpu.max"));
  return ParseCfsQuota(ReadFile(folder + "/cpu.cfs_quota_us"),
                       ReadFile(folder + "/cpu.cfs_period_us"));
}

}  // namespace

double ParseCpuMax(std::string_view text) {
  std::string_view line = FirstLine(text);
  const std::string_view quota = Take(&line, ' ');
  return Quotient(quota, line);
}

double ParseCfsQuota(std::string_view quota_us, std::string_view period_us) {
  return Quotient(FirstLine(quota_us), FirstLine(period_us));
}

std::vector<CpuCgroup> FindCpuCgroups(std::string_view cgroups, std::string_view mounts) {
  std::vector<CpuCgroup> found;
  while (!cgroups.empty()) {
    std::string_view line = Take(&cgroups, '\n');
    const std::string_view hierarchy = Take(&line, ':');
    const std::string_view controllers = Take(&line, ':');
    const bool version_2 = hierarchy == "0" && controllers.empty();
    if (!version_2 && !HasWord(controllers, "cpu")) continue;
    std::string_view rest = mounts;
    while (!rest.empty()) {
      const Mount mount = ParseMount(Take(&rest, '\n'));
      const bool matches = version_2 ? mount.type == "cgroup2"
                                     : mount.type == "cgroup" && HasWord(mount.options, "cpu");
      if (!matches) continue;
      found.push_back({.version = version_2 ? 2 : 1,
                       .mount_point = Unescape(mount.point),
                       .mounted = Unescape(mount.root),
                       .group = std::string(line)});
    }
  }
  return found;
}

std::vector<std::string> FoldersOf(const CpuCgroup& cgroup) {
  std::string_view below = cgroup.group;
  // A group outside the namespace is told as "/../other": its folder is not here.
  if ((cgroup.group + "/").find("/../") != std::string::npos || !below.starts_with('/')) return {};
  // In a container the mount often begins at the container's own group: what is above is not here.
  if (cgroup.mounted != "/") {
    if (!below.starts_with(cgroup.mounted)) return {};
    below.remove_prefix(cgroup.mounted.size());
    if (!below.empty() && below.front() != '/') return {};
  }
  std::vector<std::string> folders;
  while (below.size() > 1) {
    folders.push_back(cgroup.mount_point + std::string(below));
    below = below.substr(0, below.rfind('/'));
  }
  folders.push_back(cgroup.mount_point);
  return folders;
}

}  // namespace internal

double CpuQuota(const std::string& root) {
  const std::string cgroups = internal::ReadFile(root + "/proc/self/cgroup");
  const std::string mounts = internal::ReadFile(root + "/proc/self/mountinfo");
  double quota = internal::kUnlimited;
  for (const internal::CpuCgroup& cgroup : internal::FindCpuCgroups(cgroups, mounts)) {
    for (const std::string& folder : internal::FoldersOf(cgroup)) {
      quota = std::min(quota, internal::QuotaIn(root + folder, cgroup.version));
    }
  }
  return quota;
}

}  // namespace zokio
