// The ring under the limit programs and the load generators: liburing with the least around it.
//
// Not the project's own backend: what measures and what bounds it shares no code with it.
//
// Thread-safety: one thread. Errors: end the program, with a message.
#ifndef ZOKIO_TOOLS_COMPARE_BARE_RING_H_
#define ZOKIO_TOOLS_COMPARE_BARE_RING_H_

#include <liburing.h>

#include <cstddef>
#include <cstdint>

namespace zokio::compare {

// Prints `what` and the error, then exits with status 1.
[[noreturn]] void Die(const char* what, int error);

class Ring {
 public:
  // One issuer; the kernel does its part of the work only while we wait.
  Ring(unsigned submission_entries, unsigned completion_entries);
  ~Ring() { io_uring_queue_exit(&ring_); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // A free submission entry; submits what is queued when there is none.
  io_uring_sqe* Next();

  // Submits everything and waits for one completion at least.
  void SubmitAndWait();

  // Calls handle(const io_uring_cqe&) for every completion there is.
  template <typename Handler>
  void Drain(Handler&& handle) {
    unsigned head;
    unsigned count = 0;
    io_uring_cqe* cqe;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      handle(*cqe);
      ++count;
    }
    io_uring_cq_advance(&ring_, count);
  }

  io_uring* get() { return &ring_; }

 private:
  io_uring ring_;
};

// Receive buffers that the kernel picks from by itself.
class BufferRing {
 public:
  // `count` is a power of two.
  BufferRing(Ring* ring, unsigned count, unsigned size);
  BufferRing(const BufferRing&) = delete;
  BufferRing& operator=(const BufferRing&) = delete;

  std::byte* Data(unsigned id) { return memory_ + size_t{id} * size_; }
  unsigned count() const { return count_; }

  // Gives buffer `id` back; the kernel sees it after Publish.
  void Return(unsigned id) {
    io_uring_buf_ring_add(ring_, Data(id), size_, static_cast<unsigned short>(id),
                          io_uring_buf_ring_mask(count_), static_cast<int>(returned_));
    ++returned_;
  }
  void Publish() {
    if (returned_ == 0) return;
    io_uring_buf_ring_advance(ring_, static_cast<int>(returned_));
    returned_ = 0;
  }

  static unsigned IdOf(const io_uring_cqe& cqe) { return cqe.flags >> IORING_CQE_BUFFER_SHIFT; }

 private:
  io_uring_buf_ring* ring_;
  std::byte* memory_;
  unsigned count_;
  unsigned size_;
  unsigned returned_ = 0;
};

// What a completion belongs to: a kind, an index, and 16 bits more.
struct Tag {
  uint8_t kind;
  uint16_t extra;
  uint32_t index;

  static uint64_t Pack(uint8_t kind, uint32_t index, uint16_t extra = 0) {
    return uint64_t{kind} << 56 | uint64_t{extra} << 32 | index;
  }
  static Tag Of(const io_uring_cqe& cqe) {
    return {.kind = static_cast<uint8_t>(cqe.user_data >> 56),
            .extra = static_cast<uint16_t>(cqe.user_data >> 32),
            .index = static_cast<uint32_t>(cqe.user_data)};
  }
};

// A listener on a free port of 127.0.0.1; prints `port=N` to standard output. Sockets that it
// accepts inherit TCP_NODELAY.
int ListenAndPrintPort();

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_BARE_RING_H_
