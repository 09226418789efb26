// Counts HTTP requests without bodies in a stream: the blank lines that end them.
//
// State across chunks is how much of "\r\n\r\n" the last one ended with.
#ifndef ZOKIO_TOOLS_COMPARE_BARE_REQUEST_COUNTER_H_
#define ZOKIO_TOOLS_COMPARE_BARE_REQUEST_COUNTER_H_

#include <cstdint>
#include <cstring>
#include <string_view>

namespace zokio::compare {

class RequestCounter {
 public:
  // The number of requests that end in `bytes`.
  unsigned Feed(std::string_view bytes) {
    unsigned count = 0;
    while (matched_ != 0 && !bytes.empty()) {
      count += Step(bytes.front());
      bytes.remove_prefix(1);
    }
    while (!bytes.empty()) {
      const void* found = memmem(bytes.data(), bytes.size(), kEnd.data(), kEnd.size());
      if (found == nullptr) break;
      ++count;
      bytes.remove_prefix(static_cast<size_t>(static_cast<const char*>(found) - bytes.data()) +
                          kEnd.size());
    }
    if (bytes.size() >= kEnd.size()) bytes.remove_prefix(bytes.size() - kEnd.size() + 1);
    for (const char byte : bytes) count += Step(byte);
    return count;
  }

 private:
  static constexpr std::string_view kEnd = "\r\n\r\n";

  unsigned Step(char byte) {
    if (byte == kEnd[matched_]) {
      if (++matched_ < kEnd.size()) return 0;
      matched_ = 0;
      return 1;
    }
    matched_ = byte == kEnd[0] ? 1 : 0;
    return 0;
  }

  uint8_t matched_ = 0;
};

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_BARE_REQUEST_COUNTER_H_
