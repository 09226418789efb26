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

  // The ring of provided buffers. `entries` is a power of two.
  int OpenBuffers(unsigned entries, uint16_t group);
  void AddBuffer(uint8_t* data, uint32_t size, uint16_t id) {
    io_uring_buf_ring_add(buffers_, data, size, id, io_uring_buf_ring_mask(buffer_entries_),
                          static_cast<int>(buffers_added_++));
  }
  // Shows what was added to the kernel.
  void PublishBuffers() {
    io_uring_buf_ring_advance(buffers_, static_cast<int>(buffers_added_));
    buffers_added_ = 0;
  }

 private:
  static constexpr unsigned kEntriesMin = 32;

  int TryOpen(unsigned entries, unsigned completion_entries, unsigned flags);

  io_uring ring_{};
  bool open_ = false;
  io_uring_buf_ring* buffers_ = nullptr;
  unsigned buffer_entries_ = 0;
  unsigned buffers_added_ = 0;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_BACKEND_URING_RING_H_
