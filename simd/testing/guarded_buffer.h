// Memory whose last byte is the last byte of a page that an inaccessible page follows, and whose
// first page an inaccessible page precedes: a kernel that reads past either end crashes.
//
// Thread-safety: none.
#ifndef ZOKIO_SIMD_TESTING_GUARDED_BUFFER_H_
#define ZOKIO_SIMD_TESTING_GUARDED_BUFFER_H_

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace zokio::simd::testing {

class GuardedBuffer {
 public:
  explicit GuardedBuffer(size_t capacity_bytes) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    usable_ = (std::max<size_t>(capacity_bytes, 1) + page - 1) / page * page;
    mapped_ = usable_ + 2 * page;
    void* mapping =
        mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ZOKIO_CHECK(mapping != MAP_FAILED, "mmap");
    base_ = static_cast<uint8_t*>(mapping);
    ZOKIO_CHECK(mprotect(base_ + page, usable_, PROT_READ | PROT_WRITE) == 0, "mprotect");
    begin_ = base_ + page;
  }
  ~GuardedBuffer() { munmap(base_, mapped_); }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  // The last `count` elements before the guard page; aligned only if sizeof(T) is.
  template <class T = uint8_t>
  std::span<T> Last(size_t count) {
    return {reinterpret_cast<T*>(begin_ + usable_ - count * sizeof(T)), count};
  }
  // The first elements after the guard page, `skip` elements in.
  template <class T = uint8_t>
  std::span<T> First(size_t count, size_t skip = 0) {
    return {reinterpret_cast<T*>(begin_) + skip, count};
  }

 private:
  size_t usable_;
  size_t mapped_;
  uint8_t* base_;
  uint8_t* begin_;
};

}  // namespace zokio::simd::testing

#endif  // ZOKIO_SIMD_TESTING_GUARDED_BUFFER_H_
