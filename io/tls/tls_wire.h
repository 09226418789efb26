// TlsWire: what OpenSSL reads from and writes to in place of a socket.
//
// The ciphertext that came lies in a lease; what is to go out gathers in a string. Nothing here
// waits: where nothing came yet, OpenSSL is told to ask again.
//
// Ownership: outlives the BIO that is made for it.
// Thread-safety: one thread at a time.
// Cost: each byte is copied once on its way in (from the lease) and once on its way out.
#ifndef ZOKIO_IO_TLS_TLS_WIRE_H_
#define ZOKIO_IO_TLS_TLS_WIRE_H_

#include <string>

#include "io/lease.h"

struct bio_st;

namespace zokio::io {

struct TlsWire {
  // A BIO whose owner is the one that takes it. Null: out of memory.
  bio_st* NewBio();

  Lease incoming;
  bool ended = false;  // nothing comes after `incoming`
  std::string outgoing;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_TLS_TLS_WIRE_H_
