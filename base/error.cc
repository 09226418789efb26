#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace zokio {
namespace {

ErrorCode CodeOfErrno(int os_error) {
  switch (os_error) {
    case ECANCELED:
      return ErrorCode::kCancelled;
    case ETIMEDOUT:
      return ErrorCode::kDeadlineExceeded;
    case EBADF:
      return ErrorCode::kClosed;
    case ECONNRESET:
    case ECONNABORTED:
    case ENOTCONN:
    case EPIPE:
      return ErrorCode::kConnectionReset;
    case ECONNREFUSED:
      return ErrorCode::kConnectionRefused;
    case EHOSTUNREACH:
    case ENETUNREACH:
      return ErrorCode::kUnreachable;
    case EADDRINUSE:
      return ErrorCode::kAddressInUse;
    case EADDRNOTAVAIL:
      return ErrorCode::kAddressUnavailable;
    case ENOENT:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
      return ErrorCode::kPermissionDenied;
    case EINVAL:
      return ErrorCode::kInvalidArgument;
    case E2BIG:
    case EMSGSIZE:
    case ENAMETOOLONG:
    case EFBIG:
    case ERANGE:
      return ErrorCode::kOutOfRange;
    case EAGAIN:
      return ErrorCode::kWouldBlock;
    case EINTR:
      return ErrorCode::kInterrupted;
    case EMFILE:
    case ENFILE:
      return ErrorCode::kTooManyFiles;
    case ENOBUFS:
    case ENOMEM:
      return ErrorCode::kOutOfMemory;
    case ENOSPC:
#ifdef EDQUOT
    case EDQUOT:
#endif
      return ErrorCode::kOutOfSpace;
    case ENOSYS:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    default:
      return ErrorCode::kUnknown;
  }
}

}  // namespace

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnknown:
      return "unknown error";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kDeadlineExceeded:
      return "deadline exceeded";
    case ErrorCode::kClosed:
      return "closed";
    case ErrorCode::kEndOfStream:
      return "end of stream";
    case ErrorCode::kConnectionReset:
      return "connection reset";
    case ErrorCode::kConnectionRefused:
      return "connection refused";
    case ErrorCode::kUnreachable:
      return "unreachable";
    case ErrorCode::kAddressInUse:
      return "address in use";
    case ErrorCode::kAddressUnavailable:
      return "address unavailable";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kAlreadyExists:
      return "already exists";
    case ErrorCode::kPermissionDenied:
      return "permission denied";
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kOutOfRange:
      return "out of range";
    case ErrorCode::kWouldBlock:
      return "would block";
    case ErrorCode::kInterrupted:
      return "interrupted";
    case ErrorCode::kTooManyFiles:
      return "too many open files";
    case ErrorCode::kOutOfMemory:
      return "out of memory";
    case ErrorCode::kOutOfSpace:
      return "out of space";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kWrongThread:
      return "wrong thread";
    case ErrorCode::kShutdown:
      return "shut down";
  }
  return "unknown error";
}

Error Error::FromErrno(int os_error, const char* operation) {
  return Error(CodeOfErrno(os_error), operation, os_error);
}

std::string Error::ToString() const {
  std::string text;
  if (*operation_ != '\0') text.append(operation_).append(": ");
  text.append(ErrorCodeName(code_));
  if (os_error_ != 0) {
    text.append(" (errno ").append(std::to_string(os_error_)).append(": ");
    text.append(std::strerror(os_error_)).append(")");
  }
  return text;
}

}  // namespace zokio
