// What the parsers of hosts and resolv.conf share: lines, words, addresses without a port.
//
// Thread-safety: any thread.  Cost: views into the text; nothing is copied but by LowerCase.
#ifndef ZOKIO_IO_DNS_TEXT_H_
#define ZOKIO_IO_DNS_TEXT_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/socket_address.h"

namespace zokio::io {

// Takes the first line, without its end, off `text`.
std::string_view NextLine(std::string_view& text);
// Takes the first word off `line`: what stands between blanks. Empty: there is none.
std::string_view NextWord(std::string_view& line);
// ASCII only, as names compare.
std::string LowerCase(std::string_view text);
// "127.0.0.1" or "::1", with the port 0.
Result<SocketAddress> ParseBareAddress(std::string_view text);
// Decimal digits only, at most `max`; larger ones are `max`.
std::optional<int> ParseCount(std::string_view text, int max);

}  // namespace zokio::io

#endif  // ZOKIO_IO_DNS_TEXT_H_
