#include "mem/object_pool.h"

#include <cstdio>

namespace zokio::mem_internal {

void ReportLeakedObjects(std::string_view function_name, size_t live) {
  // Both compilers write "... [T = type]" or "... [with T = type]".
  std::string_view type = "?";
  const size_t begin = function_name.find("T = ");
  const size_t end = function_name.find_first_of(";]", begin);
  if (begin != std::string_view::npos && end != std::string_view::npos) {
    type = function_name.substr(begin + 4, end - begin - 4);
  }
  std::fprintf(stderr, "ObjectPool<%.*s>: %zu object%s still live at the pool's end\n",
               static_cast<int>(type.size()), type.data(), live, live == 1 ? "" : "s");
}

}  // namespace zokio::mem_internal
