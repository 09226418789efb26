// StreamCopier: what one stream receives another one sends.
//
//   zokio::StreamCopier copier(&client, &server);
//   while (true) {
//     auto end = co_await zokio::Timeout(copier.Run(), std::chrono::minutes(1));
//     if (end.ok() || copier.given() == before) break;    // ended, or silent for a minute
//     before = copier.given();
//   }
//
// Small messages pass through the loop's buffers, as they were received. A bulk (64 KiB without a
// pause) passes through a pipe, by references to the kernel's pages: nothing is copied in user
// space, and the kernel copies nothing from one socket to the other either. Where there is no pipe
// to be had, the buffers serve for everything.
//
// Ownership: the streams outlive it and stay where they are. It has a pipe while bytes lie in it.
// Thread-safety: one thread at a time; two copiers may serve the two directions of two streams.
// Nobody else reads the one or writes to the other between its first Run and its end.
// Cancellation: dropping Run loses no byte: what was taken from the one and not yet given to the
//   other stays here (held) for the next Run. Dropping the copier drops that.
// Errors: of reading and of writing, whichever comes first.
// Cost: in bulk two splices for up to 256 KiB; else one send a received buffer.
#ifndef ZOKIO_IO_STREAM_COPIER_H_
#define ZOKIO_IO_STREAM_COPIER_H_

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "future/task.h"
#include "io/internal/splice_pipe.h"
#include "io/lease.h"
#include "io/socket_stream.h"

namespace zokio {

class StreamCopier {
 public:
  StreamCopier(SocketStream* from, SocketStream* to) : from_(from), to_(to) {}
  StreamCopier(const StreamCopier&) = delete;
  StreamCopier& operator=(const StreamCopier&) = delete;
  ~StreamCopier();

  // Until `from` ended and `to` was given everything; leaves both open. Yields given().
  Task<Result<uint64_t>> Run();

  // Bytes that `to` was given.
  uint64_t given() const { return given_; }
  // ... of these, past user space.
  uint64_t spliced() const { return spliced_; }
  // Bytes that were taken from `from` and that `to` was not given.
  size_t held() const { return lease_.size() + pipe_.held(); }

 private:
  enum class Mode : uint8_t {
    kMessages,  // `from` receives into buffers of the loop
    kPausing,   // it is to stop that
    kBulk,      // it stopped: bytes are taken by splice
  };
  class Pause;
  class Take;
  class Give;

  Task<Result<void>> Fetch();
  // Non-blocking: a count or a negative errno.
  int32_t TryTake();
  int32_t TryGive();
  void PutPipeBack();
  // Whether bytes, the end or an error were received that nobody took.
  bool HasReceived() const;
  void Resume();
  void CountLease();

  SocketStream* const from_;
  SocketStream* const to_;
  Lease lease_;
  io::SplicePipe pipe_;
  uint64_t given_ = 0;
  uint64_t spliced_ = 0;
  uint64_t full_in_a_row_ = 0;  // bytes in full small buffers, or in large ones
  uint32_t small_in_a_row_ = 0;
  Mode mode_ = Mode::kMessages;
  bool denied_ = false;  // there is no pipe, or no splice
  bool ended_ = false;
};

}  // namespace zokio

#endif  // ZOKIO_IO_STREAM_COPIER_H_
