// SubjectOf: what an error of this package is about: the operation, the kind of descriptor, the
// address or path.
//
//   auto stream = co_await zokio::TcpStream::Connect("127.0.0.1:1");
//   stream.error().ToString()
//       // "connect tcp 127.0.0.1:1: connection refused (errno 111: Connection refused)"
//   zokio::SubjectOf(stream.error())->address    // "127.0.0.1:1"
//
// An Error stays 16 bytes: its operation's name is a text that lives as long as the process, and
// such texts are kept here, one for each operation, kind and address. Of those with an address at
// most kErrorAddressesMax are kept; later errors about others say the kind alone.
//
// Thread-safety: any thread.
// Cost: of failing: a lock, a look into a table, a system call for the kind. Errors that tell of no
//   descriptor (kClosed, kShutdown, kWrongThread) cost nothing more and have no subject.
#ifndef ZOKIO_IO_ERROR_SUBJECT_H_
#define ZOKIO_IO_ERROR_SUBJECT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "io/native_handle.h"

namespace zokio {

enum class HandleKind : uint8_t {
  kUnknown,
  kTcp,
  kUdp,
  kUnixStream,
  kUnixDatagram,
  kPipe,
  kFile,
  kDirectory,
  kDevice,
};

// "tcp", "udp", "unix", "unix datagram", ...; empty for kUnknown.
std::string_view HandleKindName(HandleKind kind);

struct ErrorSubject {
  std::string_view operation;  // "connect"
  HandleKind kind = HandleKind::kUnknown;
  std::string_view address;  // or a path; empty where it is about none
};

inline constexpr size_t kErrorAddressesMax = 1024;

// Nothing: the error tells only its operation.
std::optional<ErrorSubject> SubjectOf(const Error& error);

namespace io {

HandleKind KindOf(NativeHandle handle);

// From a positive errno; for this package.
Error ErrorAbout(int os_error, const char* operation, HandleKind kind,
                 std::string_view address = {});
inline Error ErrorOn(int os_error, const char* operation, NativeHandle handle,
                     std::string_view address = {}) {
  return ErrorAbout(os_error, operation, KindOf(handle), address);
}

}  // namespace io
}  // namespace zokio

#endif  // ZOKIO_IO_ERROR_SUBJECT_H_
