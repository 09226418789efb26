#include "io/error_subject.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <unordered_map>

#include "base/mutex.h"

namespace zokio {
namespace {

// Of a long path its end says more than its beginning.
constexpr size_t kAddressBytesMax = 120;

struct Record {
  std::string text;  // "connect tcp 127.0.0.1:1"
  ErrorSubject subject;
};

class SubjectTable {
 public:
  // The text, which stays where it is; null: no room for another address.
  const char* Keep(std::string_view operation, HandleKind kind, std::string_view address) {
    std::string text(operation);
    const size_t kind_at = text.size() + 1;
    if (kind != HandleKind::kUnknown) text.append(" ").append(HandleKindName(kind));
    const size_t address_at = text.size() + 1;
    if (!address.empty()) text.append(" ").append(address);
    MutexLock lock(mutex_);
    const auto found = by_text_.find(text);
    if (found != by_text_.end()) return found->second->text.c_str();
    if (!address.empty() && addresses_++ >= kErrorAddressesMax) {
      addresses_ = kErrorAddressesMax;
      return nullptr;
    }
    auto record = std::make_unique<Record>();
    record->text = std::move(text);
    const std::string_view whole = record->text;
    record->subject.operation = whole.substr(0, kind_at - 1);
    record->subject.kind = kind;
    if (!address.empty()) record->subject.address = whole.substr(address_at);
    const char* kept = record->text.c_str();
    by_pointer_.emplace(kept, record.get());
    by_text_.emplace(whole, std::move(record));
    return kept;
  }

  std::optional<ErrorSubject> Find(const char* text) {
    MutexLock lock(mutex_);
    const auto found = by_pointer_.find(text);
    if (found == by_pointer_.end()) return std::nullopt;
    return found->second->subject;
  }

 private:
  Mutex mutex_;
  std::unordered_map<std::string_view, std::unique_ptr<Record>> by_text_;
  std::unordered_map<const char*, const Record*> by_pointer_;
  size_t addresses_ = 0;
};

// Never destroyed: errors name its texts.
SubjectTable& Table() {
  static SubjectTable& table = *new SubjectTable();
  return table;
}

HandleKind KindOfSocket(int domain, io::NativeHandle handle) {
  int type = 0;
  socklen_t size = sizeof(type);
  (void)getsockopt(handle, SOL_SOCKET, SO_TYPE, &type, &size);
  if (domain == AF_UNIX) {
    return type == SOCK_STREAM ? HandleKind::kUnixStream : HandleKind::kUnixDatagram;
  }
  if (domain != AF_INET && domain != AF_INET6) return HandleKind::kUnknown;
  return type == SOCK_STREAM ? HandleKind::kTcp : HandleKind::kUdp;
}

}  // namespace

std::string_view HandleKindName(HandleKind kind) {
  switch (kind) {
    case HandleKind::kUnknown:
      return "";
    case HandleKind::kTcp:
      return "tcp";
    case HandleKind::kUdp:
      return "udp";
    case HandleKind::kUnixStream:
      return "unix";
    case HandleKind::kUnixDatagram:
      return "unix datagram";
    case HandleKind::kPipe:
      return "pipe";
    case HandleKind::kFile:
      return "file";
    case HandleKind::kDirectory:
      return "directory";
    case HandleKind::kDevice:
      return "device";
  }
  return "";
}

std::optional<ErrorSubject> SubjectOf(const Error& error) {
  return Table().Find(error.operation());
}

namespace io {

HandleKind KindOf(NativeHandle handle) {
  int domain = 0;
  socklen_t size = sizeof(domain);
  if (getsockopt(handle, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0) {
    return KindOfSocket(domain, handle);
  }
  struct stat status;
  if (fstat(handle, &status) != 0) return HandleKind::kUnknown;
  if (S_ISREG(status.st_mode)) return HandleKind::kFile;
  if (S_ISDIR(status.st_mode)) return HandleKind::kDirectory;
  if (S_ISFIFO(status.st_mode)) return HandleKind::kPipe;
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) return HandleKind::kDevice;
  return HandleKind::kUnknown;
}

Error ErrorAbout(int os_error, const char* operation, HandleKind kind, std::string_view address) {
  std::string shortened;
  if (address.size() > kAddressBytesMax) {
    shortened.append("...").append(address.substr(address.size() - kAddressBytesMax));
    address = shortened;
  }
  const char* text = Table().Keep(operation, kind, address);
  if (text == nullptr) text = Table().Keep(operation, kind, {});
  return Error::FromErrno(os_error, text);
}

}  // namespace io
}  // namespace zokio
