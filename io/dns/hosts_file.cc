#include "io/dns/hosts_file.h"

#include "io/dns/text.h"

namespace zokio::io {

HostsFile HostsFile::Parse(std::string_view text) {
  HostsFile file;
  while (!text.empty()) {
    std::string_view line = NextLine(text);
    line = line.substr(0, line.find('#'));
    const Result<SocketAddress> address = ParseBareAddress(NextWord(line));
    if (!address.ok()) continue;
    for (std::string_view name = NextWord(line); !name.empty(); name = NextWord(line)) {
      file.names_[LowerCase(name)].push_back(*address);
    }
  }
  return file;
}

std::vector<SocketAddress> HostsFile::Find(std::string_view name,
                                           SocketAddress::Family family) const {
  std::vector<SocketAddress> found;
  const auto entry = names_.find(LowerCase(name));
  if (entry == names_.end()) return found;
  for (const SocketAddress& address : entry->second) {
    if (family == SocketAddress::Family::kNone || address.family() == family) {
      found.push_back(address);
    }
  }
  return found;
}

bool HostsFile::Has(std::string_view name) const { return names_.count(LowerCase(name)) != 0; }

}  // namespace zokio::io
