// TlsStream: a stream of bytes that is encrypted on its way (TLS 1.2 or 1.3, by OpenSSL).
//
//   auto tcp = co_await zokio::TcpStream::Connect(host, 443);
//   auto tls = co_await zokio::TlsStream::Connect(*std::move(tcp), context, host);
//   if (!tls.ok()) co_return tls.error();             // "hostname mismatch: permission denied"
//   co_await tls->WriteAll(std::string("GET / HTTP/1.1\r\n..."));
//   auto chunk = co_await tls->Read();                // a lease; empty: the peer said it is the
//   end
//
// Ownership: owns the stream below; dropping closes it without a word, so end by Shutdown where the
//   peer has to know that it got everything. Tasks it gave may be dropped before or after it.
// Thread-safety: one thread at a time, except that one read and one write may go on at once.
// Cancellation: dropping a read loses no byte. A write that is dropped while its bytes are on their
//   way leaves an unknown part of a record sent: later writes and Shutdown fail with kCancelled,
//   reads go on.
// Errors: those of the stream below; kEndOfStream where the connection ended without the peer
//   saying so in TLS: what came may be cut short; kPermissionDenied (a certificate or a name was
//   not accepted, by either side) and kInvalidArgument (no TLS, a broken record), with OpenSSL's
//   text as the operation; kOutOfRange (a peer asks for answers, to renegotiate for
//   instance, and takes none of them: 128 KiB are kept); kDeadlineExceeded for a handshake beyond
//   its limit; kOutOfMemory.
// Cost: a coroutine's frame for each call; two copies of each byte; while idle about 16 KiB, nearly
//   all of it OpenSSL's state, and no buffers.
#ifndef ZOKIO_IO_TLS_TLS_STREAM_H_
#define ZOKIO_IO_TLS_TLS_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "future/task.h"
#include "io/lease.h"
#include "io/owned_bytes.h"
#include "io/socket_stream.h"
#include "io/tls/tls_context.h"
#include "io/tls/tls_engine.h"
#include "io/tls/tls_session.h"
#include "io/write_data.h"

namespace zokio {

inline constexpr Duration kTlsHandshakeMax = std::chrono::seconds(10);

struct TlsConnectOptions {
  TlsConnectOptions() {}

  // Of an earlier connection to this server. One whose certificate was not verified, or is not of
  // the name, is passed over: then the handshake is a whole one.
  TlsSession session;
  Duration handshake_max = kTlsHandshakeMax;
};

class TlsStream {
 public:
  TlsStream() = default;
  TlsStream(TlsStream&&) noexcept = default;
  TlsStream& operator=(TlsStream&& other) noexcept {
    if (this != &other) {
      Close();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~TlsStream() { Close(); }

  // The client's side. The server's certificate must be of `name`, a DNS name (which is also sent,
  // SNI) or an IP address. REQUIRES: a client's context.
  static Task<Result<TlsStream>> Connect(SocketStream stream, TlsContext context, std::string name,
                                         TlsConnectOptions options = TlsConnectOptions());
  // The server's side. REQUIRES: a server's context.
  static Task<Result<TlsStream>> Accept(SocketStream stream, TlsContext context,
                                        Duration handshake_max = kTlsHandshakeMax);

  // Empty: the peer ended its half.
  Task<Result<Lease>> Read();
  // Into `target`, which lives as long as the task; 0 at the end.
  Task<Result<size_t>> Read(std::span<uint8_t> target);

  Task<Result<void>> WriteAll(Lease data) { return Write(io::WriteData(std::move(data))); }
  Task<Result<void>> WriteAll(std::string data) { return Write(io::WriteData(std::move(data))); }
  // Borrowed until the task is ready or dropped.
  Task<Result<void>> WriteAll(std::span<const uint8_t> data) { return Write(io::WriteData(data)); }
  Task<Result<void>> WriteAll(io::OwnedBytes data) { return Write(io::WriteData(std::move(data))); }

  // Ends the sending half: the peer reads the end (close_notify, then TCP's FIN). Reading goes on;
  // writing fails with kClosed. Idempotent.
  Task<Result<void>> Shutdown();

  bool open() const { return state_ != nullptr; }
  // Idempotent. Sends nothing: see Shutdown.
  void Close();

  // REQUIRES: open().
  // The protocol that both agreed on (ALPN), or nothing.
  std::string alpn() const { return engine().alpn(); }
  // The name that the client asked for (SNI), or nothing.
  std::string server_name() const { return engine().server_name(); }
  // "TLSv1.3"
  std::string version() const { return engine().version(); }
  // Whether this connection began with a session of an earlier one.
  bool resumed() const { return engine().resumed(); }
  // A client's, for its next connection; null where the server gave none. In TLS 1.3 it comes after
  // the handshake, with the first bytes read.
  TlsSession session() const { return engine().session(); }
  // The stream below, for its options.
  const SocketStream& stream() const;

 private:
  struct State;
  using StatePtr = std::shared_ptr<State>;

  explicit TlsStream(StatePtr state) : state_(std::move(state)) {}

  io::TlsEngine& engine() const;
  Task<Result<void>> Write(io::WriteData data) { return WriteTo(state_, std::move(data)); }

  static Task<Result<void>> Handshake(StatePtr state);
  static Task<Result<Lease>> ReadFrom(StatePtr state);
  static Task<Result<size_t>> ReadInto(StatePtr state, std::span<uint8_t> target);
  static Task<Result<void>> WriteTo(StatePtr state, io::WriteData data);
  static Task<Result<void>> ShutdownOf(StatePtr state);
  static Task<Result<void>> SendOutgoing(StatePtr state);
  static Task<Result<void>> SendIfFree(StatePtr state);
  static Task<Result<void>> FetchInput(StatePtr state);

  StatePtr state_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_TLS_TLS_STREAM_H_
