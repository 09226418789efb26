#include "mem/allocator.h"
#include "mem/cases/load.h"

namespace zokio::mem_cases {

void IdleHook() { DecayMemory(); }

}  // namespace zokio::mem_cases
