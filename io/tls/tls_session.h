// TlsSession: what a server gave a client for its next connection to it.
//
// Ownership: shared.  Thread-safety: immutable.
#ifndef ZOKIO_IO_TLS_TLS_SESSION_H_
#define ZOKIO_IO_TLS_TLS_SESSION_H_

#include <memory>

struct ssl_st;
struct ssl_session_st;

namespace zokio {

using TlsSession = std::shared_ptr<ssl_session_st>;

namespace io {

// OpenSSL's callback: keeps the session where the connection's application data points to.
int KeepTlsSession(ssl_st* ssl, ssl_session_st* session);

}  // namespace io

}  // namespace zokio

#endif  // ZOKIO_IO_TLS_TLS_SESSION_H_
