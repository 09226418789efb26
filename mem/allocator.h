// Allocate, Free, Reallocate: general memory from the tiered allocator.
//
// Up to 64 KiB in size classes out of thread-local magazines; above, in spans of their own. `docs`
// has the design. Tell Free the size where it is known: that spares looking it up.
//
// Under ASan and TSan all calls pass through to malloc, so that each block has its own redzones
// and history.
//
// Ownership: a block is its caller's until freed, by any thread.
// Thread-safety: any thread.
// Memory ordering: what was written to a block before Free is visible to whoever gets it next.
// Errors: nullptr where memory is exhausted, where size + alignment overflow, or for an alignment
//   above 1 MiB.
// Cost: about 3 ns for a pair up to 64 KiB, no atomic read-modify-write while the thread's
//   magazines serve.
#ifndef ZOKIO_MEM_ALLOCATOR_H_
#define ZOKIO_MEM_ALLOCATOR_H_

#include <cstddef>
#include <cstdint>

namespace zokio {

// Aligned to 16 bytes, to 8 where size <= 8. A size of 0 is served as 1.
void* Allocate(size_t size);
// REQUIRES: `alignment` is a power of two.
void* AllocateAligned(size_t size, size_t alignment);

// nullptr is ignored.
void Free(void* block);
// REQUIRES: `size` is what was asked for, of Allocate or Reallocate.
void Free(void* block, size_t size);
// REQUIRES: `size` and `alignment` are what was asked for, of AllocateAligned.
void FreeAligned(void* block, size_t size, size_t alignment);

// As realloc: keeps the contents, in place where the block has room; nullptr leaves it as it was.
// REQUIRES: `block` came from Allocate or Reallocate, or is nullptr.
void* Reallocate(void* block, size_t size);

// How many bytes may be used, at least what was asked for.
size_t UsableSize(const void* block);

// Collects the calling thread's blocks that others freed: for the scheduler's tick.
void DrainRemoteFrees();
// Returns free memory of the calling thread to the kernel, and what it or an ended thread left with
// the process for all; answers how many bytes were resident. What other threads left there is
// theirs to return. For an idle moment.
size_t DecayMemory();
// The calling thread allocates no more: what it cached serves others.
void FlushThreadMemory();
// Whether heaps, frames and large blocks ask for huge pages where they are likely to fill them;
// they do at first. Counts for what is mapped from now on. docs/measured.md says what either costs.
void UseHugePages(bool use);

}  // namespace zokio

#endif  // ZOKIO_MEM_ALLOCATOR_H_
