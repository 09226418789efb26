// BackendReport: which backend a loop runs on and why; what `zokio doctor` and ./run print.
//
// Thread-safety: a plain value.
#ifndef ZOKIO_IO_BACKEND_REPORT_H_
#define ZOKIO_IO_BACKEND_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace zokio::io {

enum class BackendKind : uint8_t { kUring, kEpoll };

// What the user asks for.
enum class BackendChoice : uint8_t {
  kAuto,   // ZOKIO_IO_BACKEND (auto, io_uring, epoll) if set; else the best that works
  kUring,  // fails where io_uring is denied
  kEpoll,
};

const char* BackendName(BackendKind kind);

// A step of the ladder that the system denied.
struct DeniedStep {
  std::string step;    // "multishot receive"
  int os_error = 0;    // positive errno, 0 if the answer was something else
  std::string reason;  // "Operation not permitted: ..."
};

struct BackendReport {
  BackendKind kind = BackendKind::kEpoll;
  std::string reason;                 // "best available", "asked for by ZOKIO_IO_BACKEND", ...
  std::vector<std::string> features;  // in use
  std::vector<DeniedStep> denied;

  // Several lines, for people.
  std::string ToString() const;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_BACKEND_REPORT_H_
