// Flags: `--name value` pairs of a command line, for examples.
//
//   examples::Flags flags(argc, argv, {"port", "backend"});
//   if (!flags.ok()) return 2;
#ifndef ZOKIO_EXAMPLES_FLAGS_H_
#define ZOKIO_EXAMPLES_FLAGS_H_

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "io/backend_report.h"

namespace zokio::examples {

class Flags {
 public:
  // Says on standard error what it does not know.
  Flags(int argc, char** argv, const std::set<std::string>& names) {
    for (int i = 1; i < argc; i += 2) {
      const std::string_view name = argv[i];
      const bool known = name.substr(0, 2) == "--" && names.count(std::string(name.substr(2))) != 0;
      if (!known || i + 1 == argc) {
        std::fprintf(stderr, "%s: %s: no such flag, or no value after it\n", argv[0], argv[i]);
        ok_ = false;
        return;
      }
      values_[std::string(name.substr(2))] = argv[i + 1];
    }
  }

  bool ok() const { return ok_; }
  std::string Text(const std::string& name, std::string otherwise = "") const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::move(otherwise) : found->second;
  }
  // Of 0 to 65535; nothing where it is no such number.
  std::optional<uint16_t> Port(const std::string& name, uint16_t otherwise) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    const std::string& text = found->second;
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return port;
  }
  // --backend auto|io_uring|epoll
  io::BackendChoice Backend() const {
    const std::string name = Text("backend", "auto");
    if (name == "io_uring") return io::BackendChoice::kUring;
    return name == "epoll" ? io::BackendChoice::kEpoll : io::BackendChoice::kAuto;
  }

 private:
  std::map<std::string, std::string> values_;
  bool ok_ = true;
};

}  // namespace zokio::examples

#endif  // ZOKIO_EXAMPLES_FLAGS_H_
