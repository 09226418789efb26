// NegativeTtl: how long a DNS answer says that there is nothing.
//
// An answer without the addresses asked for carries its zone's SOA record: the shorter of that
// record's own time and of its last field is how long the answer is good (RFC 2308, section 5).
// c-ares does not hand that on, so it is read from the message itself.
//
// Thread-safety: plain functions.  Cost: one pass over the message, no memory.
// Source: RFC 1035, section 4.1; RFC 2308.
#ifndef ZOKIO_IO_DNS_NEGATIVE_TTL_H_
#define ZOKIO_IO_DNS_NEGATIVE_TTL_H_

#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"

namespace zokio::io {

// Nothing where `message` is no whole answer of that kind, or says no time.
std::optional<Duration> NegativeTtl(std::span<const uint8_t> message);

}  // namespace zokio::io

#endif  // ZOKIO_IO_DNS_NEGATIVE_TTL_H_
