#include "base/check.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#ifdef ZOKIO_MODEL
#include "base/model/engine.h"
#endif

#ifdef ZOKIO_COVERAGE
extern "C" int __llvm_profile_write_file(void);
#endif

namespace zokio::internal {

void CheckFailed(const char* file, int line, const char* expression, const char* message) {
#ifdef ZOKIO_MODEL
  // Under the model checker a failed check is a verdict, with the interleaving that led to it.
  if (model::Engine* engine = model::CurrentEngine()) {
    engine->CheckFailed(file, line, expression, message);
  }
#endif
  char text[512];
  int length = std::snprintf(text, sizeof text, "%s:%d: CHECK failed: %s (%s)\n", file, line,
                             expression, message);
  if (length > static_cast<int>(sizeof text) - 1) length = sizeof text - 1;
#if defined(__unix__) || defined(__APPLE__)
  // write, not stdio: the process may be in any state, its stdio locks held.
  if (::write(2, text, static_cast<size_t>(length)) < 0) std::abort();
#else
  std::fwrite(text, 1, static_cast<size_t>(length), stderr);
#endif
#ifdef ZOKIO_COVERAGE
  // An aborting process writes no counters of its own accord: lines that death tests reach count.
  __llvm_profile_write_file();
#endif
  std::abort();
}

}  // namespace zokio::internal
