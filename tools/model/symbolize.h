// Symbolize: the source line of a program address, for reports.
#ifndef ZOKIO_TOOLS_MODEL_SYMBOLIZE_H_
#define ZOKIO_TOOLS_MODEL_SYMBOLIZE_H_

#include <string>

namespace zokio::model {

// "queue.h:120 in Queue::Push(int)"; the bare address where no symbolizer is installed.
// Cost: starts a process (llvm-symbolizer or addr2line); for failures only.
std::string Symbolize(const void* pc);

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_SYMBOLIZE_H_
