// SocketStream: a connected socket that carries a stream of bytes; what TcpStream and UnixStream
// are.
//
// Its home is the loop of the thread where it is first awaited; it may then be awaited anywhere.
// Bytes that arrive before they are asked for wait here, LoopOptions::unread_bytes_max of them,
// then in the kernel.
//
// Ownership: owns the connection; dropping closes it and wakes a pending read with kClosed.
//   Futures it gave may be dropped before or after it. A future's first poll must come while it
//   lives.
// Thread-safety: one thread at a time, except that one read and one write may go on at once, on
//   two threads.
// Cancellation: dropping a read loses no byte; dropping a write leaves an unknown part written.
// Errors: as the futures state; every one is a value.
// Cost: 8 bytes here, 64 in the loop's slab, no buffer while idle.
#ifndef ZOKIO_IO_SOCKET_STREAM_H_
#define ZOKIO_IO_SOCKET_STREAM_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/native_handle.h"
#include "io/operation.h"
#include "io/read_future.h"
#include "io/write_future.h"
#include "io/write_vector.h"

namespace zokio {

class SocketStream {
 public:
  SocketStream() = default;
  // Adopts a connected socket's state; for this package.
  explicit SocketStream(io::SocketState* socket) : socket_(socket) {}
  SocketStream(SocketStream&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
  SocketStream& operator=(SocketStream&& other) noexcept {
    if (this != &other) {
      Close();
      socket_ = std::exchange(other.socket_, nullptr);
    }
    return *this;
  }
  ~SocketStream() { Close(); }

  ReadLease Read() { return ReadLease(socket_); }
  // Copies into `target`, which must live as long as the future.
  ReadSome Read(std::span<uint8_t> target) { return ReadSome(socket_, target); }

  // Into several places, filled one after the other, which must live as long as the future.
  ReadSomeVector ReadVector(std::vector<std::span<uint8_t>> targets) {
    return ReadSomeVector(socket_, std::move(targets));
  }

  zokio::WriteAll WriteAll(Lease data) { return Write(io::WriteData(std::move(data))); }
  zokio::WriteAll WriteAll(std::string data) { return Write(io::WriteData(std::move(data))); }
  // Borrowed until the future is ready or dropped; copied if the write has to wait.
  zokio::WriteAll WriteAll(std::span<const uint8_t> data) { return Write(io::WriteData(data)); }
  zokio::WriteAll WriteAll(io::OwnedBytes data) { return Write(io::WriteData(std::move(data))); }

  // Several pieces, one after the other, by as few calls as the kernel allows.
  WriteAllVector WriteVector(std::vector<io::WriteData> pieces) {
    return WriteAllVector(socket_, std::move(pieces));
  }

  bool open() const { return socket_ != nullptr; }
  // Ends the sending half: the peer reads the end of the stream. Does not wait.
  Result<void> Shutdown();
  // Idempotent. What was written is still delivered.
  void Close();

  io::NativeHandle native_handle() const {
    return socket_ == nullptr ? io::kNoHandle : socket_->handle;
  }
  io::SocketState* state() const { return socket_; }  // for this package

 private:
  zokio::WriteAll Write(io::WriteData data) { return zokio::WriteAll(socket_, std::move(data)); }

  io::SocketState* socket_ = nullptr;
};

}  // namespace zokio

#endif  // ZOKIO_IO_SOCKET_STREAM_H_
