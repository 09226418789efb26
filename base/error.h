// Error: why an operation failed, as a value of 16 bytes.
//
// It holds a portable code to branch on, the operating system's own number (0 if there is none),
// and the operation's name, a string literal. It allocates nothing and is trivially copyable, so
// that failing costs what succeeding costs.
//
// Thread-safety: a plain value.
#ifndef ZOKIO_BASE_ERROR_H_
#define ZOKIO_BASE_ERROR_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace zokio {

enum class ErrorCode : uint8_t {
  kUnknown = 0,
  kCancelled,         // the caller, its scope or its runtime gave up
  kDeadlineExceeded,  // its time limit passed first
  kClosed,            // this end was closed
  kEndOfStream,       // the peer ended where more was required
  kConnectionReset,   // the peer went away: RST, or a write after its close
  kConnectionRefused,
  kUnreachable,
  kAddressInUse,
  kAddressUnavailable,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kInvalidArgument,
  kOutOfRange,  // larger than a stated limit
  kWouldBlock,
  kInterrupted,
  kTooManyFiles,  // descriptors exhausted, of the process or of the system
  kOutOfMemory,
  kOutOfSpace,   // disk or quota full
  kUnsupported,  // not on this kernel, platform or backend
  kWrongThread,  // I/O outside a loop's thread
  kShutdown,     // its runtime is gone or going
};

// "cancelled", "connection reset", ...
std::string_view ErrorCodeName(ErrorCode code);

class [[nodiscard]] Error {
 public:
  constexpr Error() = default;
  // `operation` must be a string literal, or live as long as the error does.
  constexpr Error(ErrorCode code, const char* operation, int32_t os_error = 0)
      : operation_(operation), os_error_(os_error), code_(code) {}

  // From a positive errno.
  static Error FromErrno(int os_error, const char* operation);

  constexpr ErrorCode code() const { return code_; }
  constexpr int32_t os_error() const { return os_error_; }
  constexpr const char* operation() const { return operation_; }

  // "read: connection reset (errno 104: Connection reset by peer)"
  std::string ToString() const;

  // Equal when the code and the system's number are: the operation is for people.
  friend constexpr bool operator==(const Error& a, const Error& b) {
    return a.code_ == b.code_ && a.os_error_ == b.os_error_;
  }

 private:
  const char* operation_ = "";
  int32_t os_error_ = 0;
  ErrorCode code_ = ErrorCode::kUnknown;
};

}  // namespace zokio

#endif  // ZOKIO_BASE_ERROR_H_
