// UnixAddress: where a Unix socket is found: a path, or a name of Linux's abstract namespace.
//
//   zokio::UnixAddress::Path("/run/server.sock")
//   zokio::UnixAddress::Abstract("server")     no file; gone with its last socket
//
// Thread-safety: a plain value.  Errors: Path and Abstract answer kOutOfRange beyond 107 bytes,
//   kInvalidArgument for an empty path or one with a NUL.
#ifndef ZOKIO_IO_UNIX_ADDRESS_H_
#define ZOKIO_IO_UNIX_ADDRESS_H_

#include <string>
#include <string_view>

#include "base/result.h"

namespace zokio {

class UnixAddress {
 public:
  static constexpr size_t kSizeMax = 107;

  UnixAddress() = default;
  static Result<UnixAddress> Path(std::string_view path) {
    if (path.empty() || path.find('\0') != std::string_view::npos) {
      return Error(ErrorCode::kInvalidArgument, "unix address");
    }
    return Make(path, false);
  }
  static Result<UnixAddress> Abstract(std::string_view name) { return Make(name, true); }

  // Neither: the address of a socket that was not bound.
  bool unnamed() const { return name_.empty() && !abstract_; }
  bool abstract() const { return abstract_; }
  const std::string& name() const { return name_; }
  // "/run/server.sock", "@server"
  std::string ToString() const { return (abstract_ ? "@" : "") + name_; }

  friend bool operator==(const UnixAddress&, const UnixAddress&) = default;

 private:
  static Result<UnixAddress> Make(std::string_view name, bool abstract) {
    if (name.size() > kSizeMax) return Error(ErrorCode::kOutOfRange, "unix address");
    UnixAddress address;
    address.name_ = name;
    address.abstract_ = abstract;
    return address;
  }

  std::string name_;
  bool abstract_ = false;
};

}  // namespace zokio

#endif  // ZOKIO_IO_UNIX_ADDRESS_H_
