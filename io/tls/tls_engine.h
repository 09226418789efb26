// TlsEngine: one TLS connection without its stream: bytes in, bytes out, nothing waits.
//
// The one that moves the bytes (TlsStream) calls a step, sends what TakeOutgoing gives, and where
// the step wants input feeds it what came and calls it again.
//
// Thread-safety: all functions, from any thread, under a lock of its own: one task may read while
//   another writes.
// Cancellation: steps do not suspend; what was fed or is outgoing stays.
// Errors: a step that answers kFailed has left why in `error`; the connection is of no more use.
// Cost: a lock, and the cipher. SSL_read decrypts into the caller's memory.
#ifndef ZOKIO_IO_TLS_TLS_ENGINE_H_
#define ZOKIO_IO_TLS_TLS_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "base/result.h"
#include "io/lease.h"
#include "io/tls/tls_context.h"
#include "io/tls/tls_session.h"
#include "io/tls/tls_wire.h"

struct ssl_st;

namespace zokio::io {

enum class TlsStep : uint8_t {
  kDone,
  kWantInput,
  kEnd,  // the peer said that nothing more comes
  kFailed,
};

class TlsEngine {
 public:
  explicit TlsEngine(TlsContext context) : context_(std::move(context)) {}
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;
  ~TlsEngine();

  // REQUIRES: once, before anything else. `name`: a client's peer, a DNS name or an IP address,
  // which its certificate must be of, where certificates are verified at all. A session that was
  // earned from another server, or one that was not verified, is then passed over.
  Result<void> Start(const std::string& name, const TlsSession& session);

  TlsStep Handshake();
  // Decrypts into `target`. Fails where what is outgoing was not taken for too long: only reading
  // makes more of it without end, because it answers the peer.
  TlsStep Read(std::span<uint8_t> target, size_t* count);
  // Encrypts everything. After Shutdown it fails and leaves the connection as it is.
  // kWantInput: a message of the peer came in part only; its rest must come first.
  // REQUIRES: the handshake is done; `bytes` is not empty.
  TlsStep Write(std::span<const uint8_t> bytes);
  // Says that nothing more is sent. Idempotent. kWantInput: as for Write.
  TlsStep Shutdown();

  // REQUIRES: what was fed before was taken: a step answered kWantInput since.
  void Feed(Lease lease);
  void FeedEnd();
  // Whether something was fed that was not taken yet.
  bool HasInput();
  std::string TakeOutgoing();
  bool HasOutgoing();

  Error error();
  std::string alpn();
  std::string server_name();
  std::string version();
  bool resumed();
  TlsSession session();

 private:
  TlsStep StepOf(int answer);

  const TlsContext context_;
  Mutex mutex_;
  TlsWire wire_;
  ssl_st* ssl_ = nullptr;
  TlsSession session_;
  Error error_;
  bool failed_ = false;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_TLS_TLS_ENGINE_H_
