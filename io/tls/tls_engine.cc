#include "io/tls/tls_engine.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

#include "base/check.h"
#include "io/tls/tls_error.h"

namespace zokio::io {
namespace {

// What may wait to be sent: a writer's part (four records) and as much again of answers (alerts,
// key updates) that a peer asks for while it takes nothing. A peer that goes on means harm.
constexpr size_t kOutgoingMax = size_t{128} << 10;

// Whether the name is an address, which is no server name in TLS (RFC 6066).
bool IsAddress(const std::string& name) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

// OpenSSL takes what follows a dot in front for any name in that domain, and ends at a NUL.
bool IsOneName(const std::string& name) {
  return name.front() != '.' && name.find('\0') == std::string::npos;
}

// A resumed connection shows no certificate: the one that the session was earned with must be of
// `name` as well (RFC 8446, section 4.6.1).
bool IsSessionOf(SSL_SESSION* session, const std::string& name) {
  X509* certificate = SSL_SESSION_get0_peer(session);
  if (certificate == nullptr) return false;
  return IsAddress(name) ? X509_check_ip_asc(certificate, name.c_str(), 0) == 1
                         : X509_check_host(certificate, name.c_str(), 0, 0, nullptr) == 1;
}

// Offers the session, unless the server is to be verified and was not when it was earned.
void OfferSession(SSL* ssl, const std::string& name, SSL_SESSION* session) {
  const bool verify = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
  if (verify && !IsSessionOf(session, name)) return;
  SSL_set_session(ssl, session);
  if (verify && SSL_get_verify_result(ssl) != X509_V_OK) SSL_set_session(ssl, nullptr);
}

}  // namespace

TlsEngine::~TlsEngine() {
  // A session outlives a connection that was closed without a word (RFC 5246, section 7.2.1); only
  // one that failed takes its session along.
  if (ssl_ != nullptr && !failed_) {
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  SSL_free(ssl_);
}

Result<void> TlsEngine::Start(const std::string& name, const TlsSession& session) {
  MutexLock lock(mutex_);
  ERR_clear_error();
  ssl_ = SSL_new(context_.native());
  BIO* bio = ssl_ == nullptr ? nullptr : wire_.NewBio();
  if (bio == nullptr) return Error(ErrorCode::kOutOfMemory, "tls");
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, &session_);
  if (context_.is_server()) {
    SSL_set_accept_state(ssl_);
    return {};
  }
  SSL_set_connect_state(ssl_);
  bool named = !name.empty() || SSL_get_verify_mode(ssl_) == SSL_VERIFY_NONE;
  if (!name.empty() && !IsOneName(name)) {
    named = false;
  } else if (!name.empty() && IsAddress(name)) {
    named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), name.c_str()) == 1;
  } else if (!name.empty()) {
    named =
        SSL_set_tlsext_host_name(ssl_, name.c_str()) == 1 && SSL_set1_host(ssl_, name.c_str()) == 1;
  }
  if (named && session != nullptr) OfferSession(ssl_, name, session.get());
  ERR_clear_error();
  if (!named) return Error(ErrorCode::kInvalidArgument, "tls: the server's name");
  return {};
}

TlsStep TlsEngine::StepOf(int answer) {
  if (answer == 1) return TlsStep::kDone;
  switch (SSL_get_error(ssl_, answer)) {
    case SSL_ERROR_WANT_READ:
      return TlsStep::kWantInput;
    case SSL_ERROR_ZERO_RETURN:
      return TlsStep::kEnd;
    default:
      if (!failed_) error_ = TakeTlsError(ssl_);
      failed_ = true;
      return TlsStep::kFailed;
  }
}

TlsStep TlsEngine::Handshake() {
  MutexLock lock(mutex_);
  if (failed_) return TlsStep::kFailed;
  ERR_clear_error();
  return StepOf(SSL_do_handshake(ssl_));
}

TlsStep TlsEngine::Read(std::span<uint8_t> target, size_t* count) {
  MutexLock lock(mutex_);
  if (failed_) return TlsStep::kFailed;
  if (wire_.outgoing.size() > kOutgoingMax) {
    error_ = Error(ErrorCode::kOutOfRange, "tls: the peer takes none of the answers it asks for");
    failed_ = true;
    return TlsStep::kFailed;
  }
  ERR_clear_error();
  return StepOf(SSL_read_ex(ssl_, target.data(), target.size(), count));
}

TlsStep TlsEngine::Write(std::span<const uint8_t> bytes) {
  MutexLock lock(mutex_);
  if (failed_) return TlsStep::kFailed;
  ERR_clear_error();
  if ((SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) {
    error_ = Error(ErrorCode::kClosed, "tls: write after shutdown");
    return TlsStep::kFailed;
  }
  size_t written = 0;
  const TlsStep step = StepOf(SSL_write_ex(ssl_, bytes.data(), bytes.size(), &written));
  // The wire takes everything, and there is no renegotiation to wait for.
  ZOKIO_CHECK(step != TlsStep::kDone || written == bytes.size(), "OpenSSL wrote a part");
  return step;
}

TlsStep TlsEngine::Shutdown() {
  MutexLock lock(mutex_);
  if (failed_) return TlsStep::kFailed;
  ERR_clear_error();
  // A second SSL_shutdown would read, and throw away what it reads.
  if ((SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return TlsStep::kDone;
  if (SSL_in_init(ssl_) != 0) {
    const TlsStep rest = StepOf(SSL_do_handshake(ssl_));
    if (rest != TlsStep::kDone) return rest;
  }
  const int answer = SSL_shutdown(ssl_);
  return StepOf(answer == 0 ? 1 : answer);  // 0: ours went out, the peer's did not come yet
}

void TlsEngine::Feed(Lease lease) {
  Lease old;
  MutexLock lock(mutex_);
  ZOKIO_CHECK(wire_.incoming.empty(), "TLS was fed before it wanted input");
  old = std::exchange(wire_.incoming, std::move(lease));
  lock.Unlock();
}

void TlsEngine::FeedEnd() {
  MutexLock lock(mutex_);
  wire_.ended = true;
}

bool TlsEngine::HasInput() {
  MutexLock lock(mutex_);
  return !wire_.incoming.empty() || wire_.ended;
}

std::string TlsEngine::TakeOutgoing() {
  MutexLock lock(mutex_);
  return std::exchange(wire_.outgoing, std::string());
}

bool TlsEngine::HasOutgoing() {
  MutexLock lock(mutex_);
  return !wire_.outgoing.empty();
}

Error TlsEngine::error() {
  MutexLock lock(mutex_);
  return error_;
}

std::string TlsEngine::alpn() {
  MutexLock lock(mutex_);
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsEngine::server_name() {
  MutexLock lock(mutex_);
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string() : std::string(name);
}

std::string TlsEngine::version() {
  MutexLock lock(mutex_);
  return SSL_get_version(ssl_);
}

bool TlsEngine::resumed() {
  MutexLock lock(mutex_);
  return SSL_session_reused(ssl_) == 1;
}

TlsSession TlsEngine::session() {
  MutexLock lock(mutex_);
  return session_;
}

}  // namespace zokio::io
