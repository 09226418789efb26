#include "mem/cases/load.h"

namespace zokio::mem_cases {

void IdleHook() {}

}  // namespace zokio::mem_cases
