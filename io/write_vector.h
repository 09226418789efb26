// WriteAllVector: the future that writes several pieces to a stream as if they were one.
//
//   std::vector<zokio::io::WriteData> pieces;
//   pieces.emplace_back(std::move(head));    // a string, a Lease, OwnedBytes or a span
//   pieces.emplace_back(std::move(body));
//   co_await stream.WriteVector(std::move(pieces));
//
// All pieces go into one direct call; where the socket takes no more, the rest of the piece that
// was cut goes on as WriteAll does, then the remaining pieces together again.
//
// Cancellation, errors: as WriteAll.  Cost: one system call, where the socket takes everything.
#ifndef ZOKIO_IO_WRITE_VECTOR_H_
#define ZOKIO_IO_WRITE_VECTOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/loop.h"
#include "io/write_data.h"
#include "io/write_future.h"

namespace zokio {

class [[nodiscard]] WriteAllVector {
 public:
  WriteAllVector(io::SocketState* socket, std::vector<io::WriteData> pieces)
      : socket_(socket), pieces_(std::move(pieces)) {}
  WriteAllVector(WriteAllVector&& other) noexcept
      : socket_(other.socket_),
        pieces_(std::move(other.pieces_)),
        first_(other.first_),
        offset_(other.offset_),
        rest_(std::move(other.rest_)),
        holds_(std::exchange(other.holds_, false)) {}
  WriteAllVector& operator=(WriteAllVector&&) = delete;
  ~WriteAllVector() {
    rest_.reset();
    if (holds_) io::Loop::UnrefSocket(socket_, /*close=*/false);
  }

  Poll<Result<void>> poll(Context& context) {
    Poll<Result<void>> poll = Continue(context);
    // Done: a future that is kept keeps no closed stream's descriptor open.
    if (poll.ready() && std::exchange(holds_, false)) {
      rest_.reset();
      io::Loop::UnrefSocket(std::exchange(socket_, nullptr), /*close=*/false);
    }
    return poll;
  }

 private:
  Poll<Result<void>> Continue(Context& context);
  // Why the socket takes nothing more, if so.
  std::optional<Error> Gone();
  // Sends what the socket takes: a count, or a negative errno.
  int32_t Gather() const;
  void Advance(size_t count);
  // Forgets empty pieces at the front. True when nothing is left.
  bool AtEnd();

  io::SocketState* socket_;
  std::vector<io::WriteData> pieces_;
  size_t first_ = 0;
  size_t offset_ = 0;  // of the first piece, already sent
  std::optional<WriteAll> rest_;
  bool holds_ = false;  // a reference of the socket, from the first poll on
};

}  // namespace zokio

#endif  // ZOKIO_IO_WRITE_VECTOR_H_
