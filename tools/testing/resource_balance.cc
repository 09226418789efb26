#include "tools/testing/resource_balance.h"

#include <dirent.h>
#include <unistd.h>

#include <cstdio>

#include "base/check.h"
#include "gtest/gtest.h"
#include "tools/testing/heap_count.h"

namespace zokio::testing {
namespace {

// The names in a folder of /proc, without the descriptor that reads it.
std::vector<std::string> NamesIn(const char* folder) {
  std::vector<std::string> names;
  DIR* listing = opendir(folder);
  ZOKIO_CHECK(listing != nullptr, "/proc is not readable");
  const std::string own = std::to_string(dirfd(listing));
  while (const dirent* entry = readdir(listing)) {
    if (entry->d_name[0] != '.' && entry->d_name != own) names.emplace_back(entry->d_name);
  }
  closedir(listing);
  return names;
}

std::string LinkTarget(const std::string& path) {
  char target[256];
  const ssize_t length = readlink(path.c_str(), target, sizeof(target));
  return length < 0 ? "gone" : std::string(target, static_cast<size_t>(length));
}

std::string FirstLine(const std::string& path) {
  char line[64] = "gone";
  if (FILE* file = std::fopen(path.c_str(), "re")) {
    if (std::fgets(line, sizeof(line), file) == nullptr) line[0] = '\0';
    std::fclose(file);
  }
  const std::string text = line;
  return text.substr(0, text.find('\n'));
}

}  // namespace

ResourceBalance::Held ResourceBalance::Now() {
  Held held;
  for (const std::string& number : NamesIn("/proc/self/fd")) {
    held["descriptor " + number] = LinkTarget("/proc/self/fd/" + number);
  }
  for (const std::string& number : NamesIn("/proc/self/task")) {
    held["thread " + number] = FirstLine("/proc/self/task/" + number + "/comm");
  }
  return held;
}

ResourceBalance::ResourceBalance(const Options& options) : options_(options), before_(Now()) {
  // Last, so that what was noted here is not counted.
  const HeapCount heap = HeapCount::Process();
  live_bytes_before_ = heap.live_bytes();
  live_blocks_before_ = heap.live_blocks();
}

ResourceBalance::Held ResourceBalance::New() const {
  Held found;
  for (const auto& [name, what] : Now()) {
    auto was = before_.find(name);
    // The number of a closed descriptor is used again; threads may change their names.
    const bool same =
        was != before_.end() && (was->second == what || name.compare(0, 6, "thread") == 0);
    if (!same && what != "gone") found[name] = what;
  }
  return found;
}

std::vector<std::string> ResourceBalance::Leaks() {
  judged_ = true;
  // The heap first: what follows allocates.
  const Instant deadline = Clock::Monotonic().Now() + options_.settle_max;
  const auto settles = [&](auto is_settled) {
    while (!is_settled()) {
      if (Clock::Monotonic().Now() >= deadline) return;
      sched_yield();
    }
  };
  const auto more_bytes = [&] { return HeapCount::Process().live_bytes() - live_bytes_before_; };
  // Threads that end free their own; so do descriptors' owners.
  settles([&] { return New().empty(); });
  settles([&] { return more_bytes() <= options_.heap_bytes_max; });
  const int64_t bytes = more_bytes();
  const int64_t blocks = HeapCount::Process().live_blocks() - live_blocks_before_;

  std::vector<std::string> leaks;
  for (const auto& [name, what] : New()) leaks.emplace_back(name).append(": ").append(what);
  if (bytes > options_.heap_bytes_max) {
    leaks.push_back("heap: " + std::to_string(bytes) + " bytes in " + std::to_string(blocks) +
                    " blocks");
  }
  return leaks;
}

ResourceBalance::~ResourceBalance() {
  if (judged_) return;
  for (const std::string& leak : Leaks()) ADD_FAILURE() << "left behind: " << leak;
}

}  // namespace zokio::testing
