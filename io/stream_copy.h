// CopyStream, Proxy, SendFile: bytes from one place to another.
//
//   co_await zokio::Proxy(client, server);    // until both sides ended
//
// Ownership: streams and files outlive the task.
// Cancellation: dropping stops; what was read and not yet written is lost.
// Errors: of reading and of writing, whichever comes first.
// Cost: a read's buffer is what is written: nothing is copied in user space.
#ifndef ZOKIO_IO_STREAM_COPY_H_
#define ZOKIO_IO_STREAM_COPY_H_

#include <cstdint>

#include "base/result.h"
#include "future/task.h"
#include "io/file/file.h"
#include "io/socket_stream.h"

namespace zokio {

// Copies until `from` ends, then ends the sending half of `to`. Yields how many bytes.
Task<Result<uint64_t>> CopyStream(SocketStream& from, SocketStream& to);

struct ProxyCounts {
  uint64_t to_second = 0;
  uint64_t to_first = 0;
};

// Copies in both directions. The end of one direction is passed on and leaves the other open; an
// error of either ends both.
Task<Result<ProxyCounts>> Proxy(SocketStream& first, SocketStream& second);

// `length` bytes of a file, or what is there. The next piece is read while one is being sent.
Task<Result<uint64_t>> SendFile(File& file, uint64_t offset, uint64_t length, SocketStream& to);

}  // namespace zokio

#endif  // ZOKIO_IO_STREAM_COPY_H_
