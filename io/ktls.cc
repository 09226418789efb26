#include "io/ktls.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace zokio::io {
namespace {

// Asks for the layer on a socket that is not connected: a kernel that has it says only that.
int AskForTls() {
  const int socket_handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_handle < 0) return errno;
  static constexpr char kLayer[] = "tls";
  const int answer = setsockopt(socket_handle, IPPROTO_TCP, TCP_ULP, kLayer, sizeof(kLayer));
  const int os_error = answer == 0 ? 0 : errno;
  close(socket_handle);
  return os_error;
}

}  // namespace

KtlsReport ProbeKtls() {
  KtlsReport report;
  const int os_error = AskForTls();
  report.in_kernel = os_error == 0 || os_error == ENOTCONN;
  if (!report.in_kernel) {
    report.reason =
        std::string("the kernel has no TLS layer for sockets (") + std::strerror(os_error) + ")";
  } else {
    report.reason = "TlsStream does not hand its keys to the kernel";
  }
  return report;
}

}  // namespace zokio::io
