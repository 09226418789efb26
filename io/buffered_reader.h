// BufferedReader: reads lines, records and exact counts from a stream.
//
//   zokio::BufferedReader reader(&stream);
//   auto line = co_await reader.ReadUntil('\n', 8192);   // with the '\n'; empty at the end
//   auto body = co_await reader.ReadExactly(length);
//
// What is asked for usually lies in the lease that the stream gave last, and is copied from it
// once; what spans leases is gathered first. The delimiter is looked for many bytes at once
// (simd/find.h).
//
// Ownership: borrows the stream; what it has buffered is lost to whoever reads the stream itself
//   (ReadSome gives it back).
// Thread-safety: as the stream's reading half.
// Cancellation: dropping a task of it loses no byte: what was gathered stays in the reader, and the
//   next call begins with it.
// Errors: as ReadLease; kEndOfStream where the stream ends in the middle; kOutOfRange where there
//   is no delimiter within the limit: then nothing is consumed.
// Cost: one copy of what is asked for, two of what spans leases.
#ifndef ZOKIO_IO_BUFFERED_READER_H_
#define ZOKIO_IO_BUFFERED_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "future/task.h"
#include "io/lease.h"
#include "io/socket_stream.h"

namespace zokio {

class BufferedReader {
 public:
  explicit BufferedReader(SocketStream* stream) : stream_(stream) {}
  BufferedReader(const BufferedReader&) = delete;
  BufferedReader& operator=(const BufferedReader&) = delete;

  // Up to and with the delimiter, `size_max` bytes at most; empty where the stream ended before it.
  Task<Result<std::string>> ReadUntil(char delimiter, size_t size_max);
  Task<Result<std::string>> ReadExactly(size_t size);
  // What is buffered, or else the next piece of the stream; empty at the end.
  Task<Result<std::string>> ReadSome();

  // Bytes that were read from the stream and not asked for yet.
  size_t buffered() const { return gathered_.size() + lease_.size(); }

 private:
  // Moves the lease's bytes behind those gathered and reads the next one. False at the end.
  Task<Result<bool>> Gather();
  // The place behind the delimiter, or 0; `searched` bytes have none.
  size_t FindBehind(char delimiter, size_t searched) const;
  // The first `size` bytes of what is buffered.
  std::string Consume(size_t size);

  SocketStream* stream_;
  std::string gathered_;  // unread bytes of leases before this one
  Lease lease_;           // its unread bytes
};

}  // namespace zokio

#endif  // ZOKIO_IO_BUFFERED_READER_H_
