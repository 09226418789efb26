// TlsContext: what TLS connections of one kind share: certificates, whom to trust, protocols.
//
//   auto server = zokio::TlsContext::Server(options);   // options.certificates
//   auto client = zokio::TlsContext::Client();          // trusts what the system trusts
//
// TLS 1.2 and 1.3; no compression, no renegotiation. Clients verify the server's certificate and
// its name unless told not to. Make contexts when the program starts: making one reads files.
//
// Ownership: a share of an immutable context; copies are cheap.
// Thread-safety: any number of threads use one context.
// Errors: kNotFound, kPermissionDenied, kInvalidArgument (a file cannot be read, is no PEM, a
//   key is encrypted or does not fit its certificate).
#ifndef ZOKIO_IO_TLS_TLS_CONTEXT_H_
#define ZOKIO_IO_TLS_TLS_CONTEXT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

// OpenSSL's own names, so that its headers stay out of this one.
struct ssl_ctx_st;

namespace zokio {

struct TlsClientOptions {
  TlsClientOptions() {}

  // PEM file of certificates to trust. Empty: the system's.
  std::string ca_file;
  // False trusts anybody: for tests.
  bool verify = true;
  // Protocols to offer, the preferred first: "h2", "http/1.1".
  std::vector<std::string> alpn;
  // PEM files, where the server asks for a certificate.
  std::string certificate_file;
  std::string key_file;
};

struct TlsCertificate {
  TlsCertificate(std::string chain, std::string key)
      : chain_file(std::move(chain)), key_file(std::move(key)) {}

  // PEM files: the certificate and those that sign it; its private key.
  std::string chain_file;
  std::string key_file;
};

struct TlsServerOptions {
  TlsServerOptions() {}

  // The first that fits the name the client asks for (SNI), else the first of all.
  std::vector<TlsCertificate> certificates;
  // Protocols, the preferred first. A client that offers others only is refused; one that offers
  // none is not.
  std::vector<std::string> alpn;
  // PEM file of those whose certificates clients must show. Empty: they need none.
  std::string client_ca_file;
};

class TlsContext {
 public:
  static Result<TlsContext> Client(const TlsClientOptions& options = TlsClientOptions());
  static Result<TlsContext> Server(const TlsServerOptions& options);

  bool is_server() const;
  // For this package.
  ssl_ctx_st* native() const;

 private:
  struct Shared;
  explicit TlsContext(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  std::shared_ptr<const Shared> shared_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_TLS_TLS_CONTEXT_H_
