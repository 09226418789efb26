// HostsFile: the names that /etc/hosts gives to addresses.
//
// Lines of an address and its names; `#` begins a comment. Lines whose address is none are passed
// over, as the C library does. Names are found whatever their letters' case.
//
// Thread-safety: a plain value; reading from any number of threads.
// Cost: parsing allocates per name; finding makes one lower-case copy of the name.
// Source: hosts(5).
#ifndef ZOKIO_IO_DNS_HOSTS_FILE_H_
#define ZOKIO_IO_DNS_HOSTS_FILE_H_

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/socket_address.h"

namespace zokio::io {

class HostsFile {
 public:
  static HostsFile Parse(std::string_view text);

  // The addresses of `name` (port 0) in the file's order; kNone: of both families.
  std::vector<SocketAddress> Find(std::string_view name, SocketAddress::Family family) const;
  // Whether the file has this name, be it of another family: then the name is not asked for.
  bool Has(std::string_view name) const;
  size_t names() const { return names_.size(); }

 private:
  std::unordered_map<std::string, std::vector<SocketAddress>> names_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_DNS_HOSTS_FILE_H_
