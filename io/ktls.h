// ProbeKtls: whether the kernel could encrypt TLS records itself, and if not, why.
//
// TlsStream (io/tls) does not make use of it: it encrypts in user space
// (docs/decisions/0014-records-are-encrypted-in-user-space.md).
//
// Thread-safety: any thread.  Cost: three system calls.
#ifndef ZOKIO_IO_KTLS_H_
#define ZOKIO_IO_KTLS_H_

#include <string>

namespace zokio::io {

struct KtlsReport {
  bool in_kernel = false;  // it has the `tls` protocol layer
  std::string reason;      // for people: why records are encrypted in user space
};

KtlsReport ProbeKtls();

}  // namespace zokio::io

#endif  // ZOKIO_IO_KTLS_H_
