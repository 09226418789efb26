// CopyStream, Proxy, SendFile: bytes from one place to another.
//
//   co_await zokio::Proxy(client, server);    // until both sides ended
//
// Ownership: streams and files outlive the task.
// Cancellation: dropping stops; what was read and not yet written is lost. A StreamCopier loses
//   nothing.
// Errors: of reading and of writing, whichever comes first.
// Cost: as StreamCopier: in bulk nothing is copied in user space, and nothing in the kernel from
//   one socket to the other.
#ifndef ZOKIO_IO_STREAM_COPY_H_
#define ZOKIO_IO_STREAM_COPY_H_

#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "future/task.h"
#include "io/file/file.h"
#include "io/lease.h"
#include "io/socket_stream.h"

namespace zokio {

// Copies until `from` ends, then ends the sending half of `to`. Yields how many bytes.
Task<Result<uint64_t>> CopyStream(SocketStream& from, SocketStream& to);

// The same for streams of any kind (TlsStream), through buffers.
template <typename From, typename To>
Task<Result<uint64_t>> CopyByBuffers(From* from, To* to) {
  uint64_t count = 0;
  while (true) {
    Result<Lease> chunk = co_await from->Read();
    if (!chunk.ok()) co_return chunk.error();
    if (chunk->empty()) break;
    count += chunk->size();
    const Result<void> written = co_await to->WriteAll(*std::move(chunk));
    if (!written.ok()) co_return written.error();
  }
  // The peer may have gone meanwhile; everything was written.
  if constexpr (std::is_same_v<decltype(to->Shutdown()), Result<void>>) {
    (void)to->Shutdown();
  } else {
    (void)co_await to->Shutdown();
  }
  co_return count;
}

struct ProxyCounts {
  uint64_t to_second = 0;
  uint64_t to_first = 0;
};

// Copies in both directions. The end of one direction is passed on and leaves the other open; an
// error of either ends both.
Task<Result<ProxyCounts>> Proxy(SocketStream& first, SocketStream& second);

// `length` bytes of a file, or what is there. Large pieces go by splice: not through user space.
Task<Result<uint64_t>> SendFile(File& file, uint64_t offset, uint64_t length, SocketStream& to);

}  // namespace zokio

#endif  // ZOKIO_IO_STREAM_COPY_H_
