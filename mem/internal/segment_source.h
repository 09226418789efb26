// SegmentSource: 4 MiB slots of address space, for all heaps of the process.
//
// Address space is reserved 256 MiB at a time and never given back; slots are reused, adjacent ones
// together, the pages of the last freed ones kept up to a limit, those of others returned to the
// kernel.
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
  // `used` bytes at the front may be resident; answers how many went back to the kernel.
  static size_t Give(void* slots_begin, size_t slots, size_t used);
  // Returns kept pages to the kernel; answers how many bytes.
  static size_t Decay();

  static size_t bytes_reserved();
  static size_t bytes_taken();
};

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_SEGMENT_SOURCE_H_
