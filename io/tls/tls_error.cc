#include "io/tls/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cerrno>

namespace zokio::io {
namespace {

// The peer's alerts that say that it does not accept us.
bool IsRefusal(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return true;
    default:
      return false;
  }
}

const char* TextOf(unsigned long error) {  // NOLINT(google-runtime-int): OpenSSL's type
  const char* text = ERR_reason_error_string(error);
  return text != nullptr ? text : "tls";
}

}  // namespace

Error TakeTlsError(ssl_st* ssl) {
  const auto error = ERR_peek_error();
  const int reason = ERR_GET_REASON(error);
  const char* text = TextOf(error);
  ERR_clear_error();
  if (error == 0) return {ErrorCode::kEndOfStream, "tls: unexpected end"};
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return {ErrorCode::kInvalidArgument, text};
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return {ErrorCode::kEndOfStream, text};
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return {ErrorCode::kPermissionDenied,
            X509_verify_cert_error_string(SSL_get_verify_result(ssl))};
  }
  return {IsRefusal(reason) ? ErrorCode::kPermissionDenied : ErrorCode::kInvalidArgument, text};
}

Error TakeTlsFileError(const char* what) {
  int os_error = 0;
  while (const auto error = ERR_get_error()) {
    if (ERR_GET_LIB(error) == ERR_LIB_SYS) os_error = ERR_GET_REASON(error);
  }
  return os_error != 0 ? Error::FromErrno(os_error, what)
                       : Error(ErrorCode::kInvalidArgument, what);
}

}  // namespace zokio::io
