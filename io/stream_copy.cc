#include "io/stream_copy.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "future/join.h"

namespace zokio {
namespace {

constexpr uint64_t kPiece = uint64_t{256} << 10;

}  // namespace

// The streams are the caller's and outlive the copy, as the header says.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<Result<uint64_t>> CopyStream(SocketStream& from, SocketStream& to) {
  uint64_t count = 0;
  while (true) {
    Result<Lease> chunk = co_await from.Read();
    if (!chunk.ok()) co_return chunk.error();
    if (chunk->empty()) break;
    count += chunk->size();
    const Result<void> written = co_await to.WriteAll(*std::move(chunk));
    if (!written.ok()) co_return written.error();
  }
  // The peer may have gone meanwhile; everything was written.
  (void)to.Shutdown();
  co_return count;
}

Task<Result<ProxyCounts>> Proxy(SocketStream& first, SocketStream& second) {
  auto both = co_await TryJoin(CopyStream(first, second), CopyStream(second, first));
  if (!both.ok()) co_return both.error();
  ProxyCounts counts;
  std::tie(counts.to_second, counts.to_first) = *both;
  co_return counts;
}

Task<Result<uint64_t>> SendFile(File& file, uint64_t offset, uint64_t length, SocketStream& to) {
  uint64_t sent = 0;
  Result<io::OwnedBytes> piece = co_await file.ReadAt(offset, std::min(length, kPiece));
  while (true) {
    if (!piece.ok()) co_return piece.error();
    const uint64_t size = piece->size();
    if (size == 0) co_return sent;
    sent += size;
    if (sent == length) {
      const Result<void> last = co_await to.WriteAll(*std::move(piece));
      if (!last.ok()) co_return last.error();
      co_return sent;
    }
    auto [written, next] =
        co_await Join(to.WriteAll(*std::move(piece)),
                      file.ReadAt(offset + sent, std::min(length - sent, kPiece)));
    if (!written.ok()) co_return written.error();
    piece = std::move(next);
  }
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace zokio
