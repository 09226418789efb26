#include "io/tls/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "io/tls/tls_error.h"
#include "io/tls/tls_session.h"

namespace zokio {

struct TlsContext::Shared {
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  using ContextPtr = std::unique_ptr<SSL_CTX, Free>;

  ContextPtr main;
  std::vector<ContextPtr> further;  // of a server's other certificates
  std::string alpn;                 // in the wire's form: each with its length in front
  bool server = false;
};

namespace {

Result<std::string> AlpnWire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return Error(ErrorCode::kInvalidArgument, "tls: a protocol's name");
    }
    wire.push_back(static_cast<char>(protocol.size()));
    wire += protocol;
  }
  return wire;
}

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// An encrypted key is refused: OpenSSL would ask the terminal for its password, and wait.
int NoPassword(char*, int, int, void*) { return -1; }

// A context with what both sides have in common. Null: out of memory.
SSL_CTX* NewContext(bool server) {
  SSL_CTX* context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
  if (context == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // An idle connection keeps no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, &NoPassword);
  return context;
}

Result<void> UseCertificate(SSL_CTX* context, const std::string& chain, const std::string& key) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, chain.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return io::TakeTlsFileError("tls: certificate");
  }
  return {};
}

Result<void> Trust(SSL_CTX* context, const std::string& ca_file) {
  ERR_clear_error();
  if (ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) != 1
                      : SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    return io::TakeTlsFileError("tls: trusted certificates");
  }
  return {};
}

int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* size,
                   const unsigned char* offered, unsigned offered_size, void* alpn) {
  const std::string& ours = *static_cast<const std::string*>(alpn);
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, Bytes(ours), static_cast<unsigned>(ours.size()), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// What a server demands, with each of its certificates: where another one is chosen, OpenSSL looks
// at that one's context for nearly everything. `alpn` outlives the context.
Result<void> Demand(SSL_CTX* context, const TlsServerOptions& options, std::string* alpn) {
  if (!options.client_ca_file.empty()) {
    if (Result<void> trusted = Trust(context, options.client_ca_file); !trusted.ok()) {
      return trusted;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  // Sessions travel in tickets; nothing is kept here for them.
  static constexpr unsigned char kSessionContext[] = "zokio";
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof(kSessionContext) - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (!alpn->empty()) SSL_CTX_set_alpn_select_cb(context, &ChooseProtocol, alpn);
  return {};
}

bool Fits(SSL_CTX* context, const char* name) {
  X509* certificate = SSL_CTX_get0_certificate(context);
  return certificate != nullptr && X509_check_host(certificate, name, 0, 0, nullptr) == 1;
}

// `further`: the contexts of a server's other certificates.
template <typename Contexts>
int ChooseCertificate(SSL* ssl, int*, void* further) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr || Fits(SSL_get_SSL_CTX(ssl), name)) return SSL_TLSEXT_ERR_OK;
  for (const auto& context : *static_cast<const Contexts*>(further)) {
    if (Fits(context.get(), name)) {
      SSL_set_SSL_CTX(ssl, context.get());
      break;
    }
  }
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<TlsContext> TlsContext::Client(const TlsClientOptions& options) {
  auto shared = std::make_shared<Shared>();
  shared->main.reset(NewContext(/*server=*/false));
  SSL_CTX* context = shared->main.get();
  if (context == nullptr) return Error(ErrorCode::kOutOfMemory, "tls: context");
  if (options.verify) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (const Result<void> trusted = Trust(context, options.ca_file); !trusted.ok()) {
      return trusted.error();
    }
  }
  if (!options.certificate_file.empty()) {
    const Result<void> used = UseCertificate(context, options.certificate_file, options.key_file);
    if (!used.ok()) return used.error();
  }
  const Result<std::string> alpn = AlpnWire(options.alpn);
  if (!alpn.ok()) return alpn.error();
  // Zero is success, for once.
  if (!alpn->empty() &&
      SSL_CTX_set_alpn_protos(context, Bytes(*alpn), static_cast<unsigned>(alpn->size())) != 0) {
    return Error(ErrorCode::kInvalidArgument, "tls: protocols");
  }
  // Sessions go to the connection that earned them; see TlsStream::session().
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &io::KeepTlsSession);
  return TlsContext(std::move(shared));
}

Result<TlsContext> TlsContext::Server(const TlsServerOptions& options) {
  if (options.certificates.empty()) {
    return Error(ErrorCode::kInvalidArgument, "tls: a server needs a certificate");
  }
  auto shared = std::make_shared<Shared>();
  shared->server = true;
  Result<std::string> alpn = AlpnWire(options.alpn);
  if (!alpn.ok()) return alpn.error();
  shared->alpn = *std::move(alpn);
  for (const TlsCertificate& certificate : options.certificates) {
    Shared::ContextPtr context(NewContext(/*server=*/true));
    if (context == nullptr) return Error(ErrorCode::kOutOfMemory, "tls: context");
    const Result<void> used =
        UseCertificate(context.get(), certificate.chain_file, certificate.key_file);
    if (!used.ok()) return used.error();
    const Result<void> demanded = Demand(context.get(), options, &shared->alpn);
    if (!demanded.ok()) return demanded.error();
    if (shared->main == nullptr) {
      shared->main = std::move(context);
    } else {
      shared->further.push_back(std::move(context));
    }
  }
  SSL_CTX* context = shared->main.get();
  if (!shared->further.empty()) {
    SSL_CTX_set_tlsext_servername_callback(context, &ChooseCertificate<decltype(shared->further)>);
    SSL_CTX_set_tlsext_servername_arg(context, &shared->further);
  }
  return TlsContext(std::move(shared));
}

bool TlsContext::is_server() const { return shared_->server; }
ssl_ctx_st* TlsContext::native() const { return shared_->main.get(); }

}  // namespace zokio
