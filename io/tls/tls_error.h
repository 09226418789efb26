// What OpenSSL says went wrong, as Errors.
//
// The operation of such an error is OpenSSL's own text, which lives for ever: "certificate verify
// failed", "hostname mismatch", "wrong version number".
//
// Thread-safety: OpenSSL's queue of errors is of this thread: take it where it was made.
#ifndef ZOKIO_IO_TLS_TLS_ERROR_H_
#define ZOKIO_IO_TLS_TLS_ERROR_H_

#include "base/error.h"

struct ssl_st;

namespace zokio::io {

// Why the last call on `ssl` failed; empties the thread's queue.
//   kEndOfStream: the peer ended without saying so in TLS, that is, maybe somebody else did.
//   kPermissionDenied: a certificate or a name was not accepted, here or by the peer.
//   kInvalidArgument: what came is no TLS, or a broken record.
Error TakeTlsError(ssl_st* ssl);
// The same for reading files.
Error TakeTlsFileError(const char* what);

}  // namespace zokio::io

#endif  // ZOKIO_IO_TLS_TLS_ERROR_H_
