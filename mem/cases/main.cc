// PROGRAM CASE   prints `value=FIGURE work=PAIRS`: nanoseconds of CPU per pair of operator new and
// sized operator delete, or resident bytes per live byte.

#include <time.h>
#include <unistd.h>

#include <cstdio>

#include "mem/cases/load.h"

namespace zokio::mem_cases {

double CpuNs() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  long total = 0;
  long resident = 0;
  if (file == nullptr || std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

namespace {

int Main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    bool found = false;
    for (const auto& [name, run] : Cases()) {
      if (name != argv[i]) continue;
      found = true;
      const Outcome outcome = run();
      if (argc > 2) std::printf("%-16s ", argv[i]);
      std::printf("value=%.2f work=%llu\n", outcome.value,
                  static_cast<unsigned long long>(outcome.work));
      std::fflush(stdout);
    }
    if (!found) return 2;
  }
  return argc > 1 ? 0 : 2;
}

}  // namespace
}  // namespace zokio::mem_cases

int main(int argc, char** argv) { return zokio::mem_cases::Main(argc, argv); }
