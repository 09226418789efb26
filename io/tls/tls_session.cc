#include "io/tls/tls_session.h"

#include <openssl/ssl.h>

namespace zokio::io {

int KeepTlsSession(ssl_st* ssl, ssl_session_st* session) {
  // Within a step of the connection, so under its lock.
  *static_cast<TlsSession*>(SSL_get_app_data(ssl)) = TlsSession(session, &SSL_SESSION_free);
  return 1;  // it is ours
}

}  // namespace zokio::io
