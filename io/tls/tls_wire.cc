#include "io/tls/tls_wire.h"

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>

namespace zokio::io {
namespace {

TlsWire* WireOf(BIO* bio) { return static_cast<TlsWire*>(BIO_get_data(bio)); }

int Read(BIO* bio, char* into, int size) {
  TlsWire* wire = WireOf(bio);
  BIO_clear_retry_flags(bio);
  if (wire->incoming.empty()) {
    if (wire->ended) return 0;
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t count = std::min(static_cast<size_t>(std::max(size, 0)), wire->incoming.size());
  std::memcpy(into, wire->incoming.data(), count);
  wire->incoming.RemovePrefix(count);
  if (wire->incoming.empty()) wire->incoming = Lease();  // the buffer goes back at once
  return static_cast<int>(count);
}

int Write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  if (size > 0) WireOf(bio)->outgoing.append(bytes, static_cast<size_t>(size));
  return size;
}

long Control(BIO* bio, int command, long, void*) {  // NOLINT(google-runtime-int): OpenSSL's type
  const TlsWire* wire = WireOf(bio);
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return wire->ended && wire->incoming.empty() ? 1 : 0;
    case BIO_CTRL_PENDING:
      return static_cast<long>(wire->incoming.size());  // NOLINT(google-runtime-int)
    default:
      return 0;
  }
}

const BIO_METHOD* Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "zokio stream");
    if (made != nullptr) {
      BIO_meth_set_read(made, &Read);
      BIO_meth_set_write(made, &Write);
      BIO_meth_set_ctrl(made, &Control);
    }
    return made;
  }();
  return method;
}

}  // namespace

bio_st* TlsWire::NewBio() {
  BIO* bio = Method() == nullptr ? nullptr : BIO_new(Method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace zokio::io
