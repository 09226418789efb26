#include "io/backend_report.h"

namespace zokio::io {

const char* BackendName(BackendKind kind) {
  switch (kind) {
    case BackendKind::kUring:
      return "io_uring";
    case BackendKind::kEpoll:
      return "epoll";
  }
  return "unknown";
}

std::string BackendReport::ToString() const {
  std::string text = "backend: ";
  text.append(BackendName(kind)).append(" (").append(reason).append(")\n");
  if (!features.empty()) {
    text.append("features:");
    for (size_t i = 0; i < features.size(); ++i) {
      text.append(i == 0 ? " " : ", ").append(features[i]);
    }
    text.append("\n");
  }
  for (const DeniedStep& step : denied) {
    text.append("denied: ").append(step.step).append(": ").append(step.reason).append("\n");
  }
  if (kind == BackendKind::kUring) {
    text.append(
        "left out, measured (docs/decisions/0012, 0013): wake-up by message, registered files, "
        "send "
        "without copy, bundles, incremental buffers, looking before the wait\n");
  }
  return text;
}

}  // namespace zokio::io
