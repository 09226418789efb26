// Guard pages: ranges whose touch is a SIGSEGV.
//
// Where the kernel can (6.13 and later) a guard is a marker in the page table, so a mapping with a
// million guards stays one mapping. Otherwise mprotect splits the mapping, two pieces for each
// guard, and vm.max_map_count (65 530 by default) bounds how many there can be.
//
// Thread-safety: any thread.
#ifndef ZOKIO_MEM_INTERNAL_GUARD_PAGES_H_
#define ZOKIO_MEM_INTERNAL_GUARD_PAGES_H_

#include <cstddef>
#include <cstdint>

namespace zokio::mem_internal {

// Whether guards can be markers here; the kernel is asked once.
bool HasMarkerGuards();

// Puts `count` guards of `guard_size` bytes at begin, begin + stride, ...: in batches of one
// system call (about 270 ns each). Answers how many were put before the kernel refused.
size_t InstallMarkerGuards(char* begin, size_t stride, size_t guard_size, size_t count);

// As above, by mprotect.
size_t InstallProtectedGuards(char* begin, size_t stride, size_t guard_size, size_t count);

// How many mprotect guards this process may make: 2 mappings each, with a reserve for others.
uint32_t ProtectedGuardsMax();

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_GUARD_PAGES_H_
