// UringRing: the memory shared with the kernel: submission queue, completion queue, buffer ring.
//
// The one place where this project touches words that the kernel writes. They are outside the
// `base` seams: their ordering is the kernel's protocol, which liburing implements.
//
// Ownership: owns the ring's descriptor and mappings.
// Thread-safety: made anywhere; from Enable on, one thread.
// Errors: negative errno.
// Cost: Enter is one system call; the rest none.
#ifndef ZOKIO_IO_BACKEND_URING_RING_H_
#define ZOKIO_IO_BACKEND_URING_RING_H_

#include <liburing.h>

#include <cstdint>
#include <span>

#include "base/clock.h"

namespace zokio::io {

class UringRing {
 public:
  UringRing() = default;
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;
  ~UringRing() { Close(); }

  // Makes a ring that is not yet enabled where `flags` has IORING_SETUP_R_DISABLED. Where locked
  // memory is short it waits up to 127 ms for some, then makes the queues smaller.
  int Open(unsigned entries, unsigned completion_entries, unsigned flags);
  void Close();
  // Binds a disabled ring to this thread.
  int Enable(unsigned setup_flags);

  bool open() const { return open_; }
  int fd() const { return ring_.ring_fd; }
  unsigned features() const { return ring_.features; }
  io_uring* raw() { return &ring_; }

  // A zeroed entry; submits what is queued when the queue is full.
  io_uring_sqe* NextSqe();

  // Makes NextSqe give so many entries without submitting.  REQUIRES: at most entries().
  void MakeRoom(unsigned count) {
    while (io_uring_sq_space_left(&ring_) < count) Enter();
  }

  unsigned entries() const { return ring_.sq.ring_entries; }
  unsigned submissions_queued() const { return io_uring_sq_ready(&ring_); }
  unsigned completions_ready() const { return io_uring_cq_ready(&ring_); }
  // True when the kernel has completions that it posts only once asked.
  bool KernelWantsEnter() const;
  bool overflowed() const { return io_uring_cq_has_overflow(&ring_); }

  // Submits, and fetches what is deferred.
  int Enter();
  // The same, then waits for a completion or the deadline.
  int EnterAndWait(Instant deadline);

  // Calls `visit` for up to `max` completions and gives their entries back to the kernel.
  template <typename Visitor>
  void ForEachCompletion(unsigned max, Visitor visit) {
    unsigned head;
    unsigned seen = 0;
    io_uring_cqe* cqe;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      if (seen == max) break;
      ++seen;
      visit(*cqe);
    }
    io_uring_cq_advance(&ring_, seen);
  }

  // Memory that the kernel shall know for good, as buffer 0; until Close. False: it cannot.
  bool RegisterMemory(std::span<uint8_t> memory) {
    const iovec vector{memory.data(), memory.size()};
    return io_uring_register_buffers(&ring_, &vector, 1) == 0;
  }

  // A ring of provided buffers. `entries` is a power of two; `group` is 0 or 1.
  int OpenBuffers(unsigned entries, uint16_t group);
  void AddBuffer(uint16_t group, uint8_t* data, uint32_t size, uint16_t id) {
    BufferRing& buffers = buffers_[group];
    io_uring_buf_ring_add(buffers.ring, data, size, id, io_uring_buf_ring_mask(buffers.entries),
                          static_cast<int>(buffers.added++));
  }
  // Shows what was added to the kernel.
  void PublishBuffers(uint16_t group) {
    BufferRing& buffers = buffers_[group];
    io_uring_buf_ring_advance(buffers.ring, static_cast<int>(buffers.added));
    buffers.added = 0;
  }

 private:
  static constexpr unsigned kEntriesMin = 32;
  static constexpr uint16_t kGroups = 2;

  struct BufferRing {
    io_uring_buf_ring* ring = nullptr;
    unsigned entries = 0;
    unsigned added = 0;
  };

  int TryOpen(unsigned entries, unsigned completion_entries, unsigned flags);

  io_uring ring_{};
  bool open_ = false;
  BufferRing buffers_[kGroups];
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_BACKEND_URING_RING_H_
