// The limit of a server on io_uring: what a protocol costs when nothing but the kernel is in the
// way. One ring, multishot accept into registered descriptors, multishot receive into a buffer
// ring, one submission per batch of completions.
//
// `Protocol` derives from Server<Protocol, Connection> and has
//     void OnReceived(uint32_t slot, unsigned buffer, unsigned length);   // owns the buffer
//     void OnSent(uint32_t slot, unsigned extra, bool ok);
//     bool IsSending(const Connection&);
//     void OnClosed(uint32_t slot);                                       // frees what it holds
// and calls StartSend, ReturnBuffer, Close.
//
// Ownership: a connection is a slot in a table; it is freed when the peer has closed and no send
//   is under way.  Thread-safety: one thread.  Cost: no allocation after the start.
#ifndef ZOKIO_TOOLS_COMPARE_BARE_SERVER_H_
#define ZOKIO_TOOLS_COMPARE_BARE_SERVER_H_

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/compare/bare/ring.h"

namespace zokio::compare {

inline constexpr uint32_t kConnectionsMax = 16384;
inline constexpr unsigned kBufferSize = 4096;

template <typename Protocol, typename Connection>
class Server {
 public:
  // `buffers`: a power of two.
  explicit Server(unsigned buffers)
      : ring_(4096, 16384), buffers_(&ring_, buffers, kBufferSize), slots_(kConnectionsMax) {
    const int error = io_uring_register_files_sparse(ring_.get(), kConnectionsMax);
    if (error != 0) Die("register_files", -error);
  }

  // Serves for ever.
  [[noreturn]] void Run(int listener) {
    listener_ = listener;
    Accept();
    while (true) {
      ring_.SubmitAndWait();
      ring_.Drain([this](const io_uring_cqe& cqe) { Dispatch(cqe); });
      Replenish();
    }
  }

 protected:
  enum Kind : uint8_t { kAccept, kReceive, kSend, kClose };

  Connection& connection(uint32_t slot) { return slots_[slot].connection; }
  std::byte* Data(unsigned buffer) { return buffers_.Data(buffer); }

  void ReturnBuffer(unsigned buffer) {
    buffers_.Return(buffer);
    returned_ = true;
  }

  void StartSend(uint32_t slot, const void* bytes, size_t length, uint16_t extra) {
    io_uring_sqe* sqe = ring_.Next();
    // The kernel sends all of it or fails.
    io_uring_prep_send(sqe, static_cast<int>(slot), bytes, length, MSG_WAITALL | MSG_NOSIGNAL);
    sqe->flags |= IOSQE_FIXED_FILE;
    sqe->user_data = Tag::Pack(kSend, slot, extra);
  }

 private:
  struct Slot {
    Connection connection{};
    bool open = false;
  };

  Protocol& self() { return static_cast<Protocol&>(*this); }

  void Accept() {
    io_uring_sqe* sqe = ring_.Next();
    io_uring_prep_multishot_accept_direct(sqe, listener_, nullptr, nullptr, 0);
    sqe->user_data = Tag::Pack(kAccept, 0);
  }

  void Receive(uint32_t slot) {
    io_uring_sqe* sqe = ring_.Next();
    io_uring_prep_recv_multishot(sqe, static_cast<int>(slot), nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT | IOSQE_FIXED_FILE;
    sqe->buf_group = 0;
    sqe->user_data = Tag::Pack(kReceive, slot);
  }

  void Dispatch(const io_uring_cqe& cqe) {
    const Tag tag = Tag::Of(cqe);
    switch (tag.kind) {
      case kReceive:
        return OnReceive(tag.index, cqe);
      case kSend:
        self().OnSent(tag.index, tag.extra, cqe.res > 0);
        if (!slots_[tag.index].open) CloseWhenIdle(tag.index);
        return;
      case kAccept:
        return OnAccept(cqe);
      default:
        return;
    }
  }

  void OnAccept(const io_uring_cqe& cqe) {
    if (cqe.res >= 0) {
      const auto slot = static_cast<uint32_t>(cqe.res);
      slots_[slot] = {.connection = {}, .open = true};
      Receive(slot);
    }
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) Accept();
  }

  void OnReceive(uint32_t slot, const io_uring_cqe& cqe) {
    const bool open = slots_[slot].open;
    if (cqe.res > 0) [[likely]] {
      const unsigned buffer = BufferRing::IdOf(cqe);
      if (open) {
        self().OnReceived(slot, buffer, static_cast<unsigned>(cqe.res));
      } else {
        ReturnBuffer(buffer);
      }
      if ((cqe.flags & IORING_CQE_F_MORE) == 0 && open) Receive(slot);
    } else if (cqe.res == -ENOBUFS && open) {
      starved_.push_back(slot);
    } else if (open) {
      slots_[slot].open = false;
      CloseWhenIdle(slot);
    }
  }

  void CloseWhenIdle(uint32_t slot) {
    if (self().IsSending(connection(slot))) return;
    self().OnClosed(slot);
    io_uring_sqe* sqe = ring_.Next();
    io_uring_prep_close_direct(sqe, slot);
    sqe->user_data = Tag::Pack(kClose, slot);
  }

  // Shows returned buffers to the kernel, then lets those receive again that found none.
  void Replenish() {
    buffers_.Publish();
    if (!returned_) return;
    returned_ = false;
    for (const uint32_t slot : starved_) {
      if (slots_[slot].open) Receive(slot);
    }
    starved_.clear();
  }

  Ring ring_;
  BufferRing buffers_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> starved_;
  bool returned_ = false;
  int listener_ = -1;
};

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_BARE_SERVER_H_
