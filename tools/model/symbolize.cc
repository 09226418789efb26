#include "tools/model/symbolize.h"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstdio>

namespace zokio::model {
namespace {

std::string OutputOf(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char line[512];
  while (std::fgets(line, sizeof line, pipe) != nullptr) output += line;
  pclose(pipe);
  return output;
}

}  // namespace

std::string Symbolize(const void* pc) {
  char text[32];
  std::snprintf(text, sizeof text, "%p", pc);
  Dl_info info{};
  if (dladdr(pc, &info) == 0) return text;
  char program[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0) return text;
  program[length] = 0;
  // The call's own line, not the one it returns to.
  const auto offset =
      reinterpret_cast<uintptr_t>(pc) - reinterpret_cast<uintptr_t>(info.dli_fbase) - 1;
  for (const char* tool :
       {"llvm-symbolizer-19 -s -p -f -C -i -e ", "addr2line -s -p -f -C -i -e "}) {
    char command[PATH_MAX + 100];
    std::snprintf(command, sizeof command, "%s'%s' 0x%zx 2>/dev/null", tool, program,
                  static_cast<size_t>(offset));
    std::string output = OutputOf(command);
    const size_t end = output.find('\n');
    if (end != std::string::npos && end > 0) return output.substr(0, end);
  }
  return text;
}

}  // namespace zokio::model
