#include "bazel/smoke/compile_fail_probe.h"

namespace zokio::smoke {

int Fine() { return Twice(21); }

#ifdef PASS_A_POINTER
int Wrong(const char* text) { return Twice(text); }
#endif

#ifdef UNKNOWN_NAME
int Unknown() { return Thrice(1); }
#endif

}  // namespace zokio::smoke
