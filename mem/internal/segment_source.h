// SegmentSource: 4 MiB slots of address space, for all heaps of the process.
//
// Address space is reserved 256 MiB at a time and never given back; slots are reused, adjacent ones
// together, the pages of the last freed ones kept up to a limit, those of others returned to the
// kernel. What is kept serves any heap, but only the one that gave it has it returned: a worker
// that idles shall not make those fault that do not.
//
// Thread-safety: any thread; a lock, taken once per segment or large span.
// Errors: nullptr where the kernel has no address space left.
// Fork: the lock is held across a fork, so the child finds it free.
#ifndef ZOKIO_MEM_INTERNAL_SEGMENT_SOURCE_H_
#define ZOKIO_MEM_INTERNAL_SEGMENT_SOURCE_H_

#include <cstddef>

namespace zokio::mem_internal {

class SegmentSource {
 public:
  // `slots` adjacent slots, aligned to one. Fresh pages are zero, reused ones hold anything.
  static void* Take(size_t slots);
  // `used` bytes at the front may be resident; answers how many were, where they go back to the
  // kernel. `heap` names the giver, nullptr where it is nobody's.
  static size_t Give(void* slots_begin, size_t slots, size_t used, const void* heap);
  // Returns to the kernel what is kept of `heap` and of nobody; answers how many bytes were
  // resident.
  static size_t Decay(const void* heap);
  // What is kept of `heap` is nobody's from here on.
  static void Disown(const void* heap);

  static size_t bytes_reserved();
  static size_t bytes_taken();
};

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_SEGMENT_SOURCE_H_
