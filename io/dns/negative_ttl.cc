#include "io/dns/negative_ttl.h"

#include <algorithm>
#include <chrono>

namespace zokio::io {
namespace {

constexpr uint16_t kTypeA = 1;
constexpr uint16_t kTypeSoa = 6;
constexpr uint16_t kTypeAaaa = 28;
constexpr uint16_t kIsAnswer = 0x8000;
constexpr uint16_t kTruncated = 0x0200;
constexpr uint16_t kCodeMask = 0x000f;
constexpr uint16_t kNoError = 0;
constexpr uint16_t kNoSuchName = 3;
constexpr uint8_t kPointer = 0xc0;  // in a label's length: the rest of the name is elsewhere
constexpr uint32_t kTtlMax = INT32_MAX;  // larger ones count as 0 (RFC 2181, section 8)

// Reads a message from its beginning; once something is missing, everything after it is too.
class Cursor {
 public:
  explicit Cursor(std::span<const uint8_t> message) : rest_(message) {}

  bool ok() const { return ok_; }

  uint32_t Number(size_t size) {
    uint32_t value = 0;
    for (const uint8_t byte : Take(size)) value = value << 8 | byte;
    return value;
  }
  std::span<const uint8_t> Take(size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::span<const uint8_t> taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  // Each label is followed by another, up to an empty one or to a pointer.
  void SkipName() {
    while (ok_) {
      const auto length = static_cast<uint8_t>(Number(1));
      if (length == 0) return;
      if ((length & kPointer) == kPointer) {
        Take(1);
        return;
      }
      if (length >= 64) ok_ = false;  // no kind of label that there is
      Take(length);
    }
  }

 private:
  std::span<const uint8_t> rest_;
  bool ok_ = true;
};

struct Record {
  uint16_t type = 0;
  uint32_t ttl_s = 0;
  std::span<const uint8_t> data;
};

Record ReadRecord(Cursor& cursor) {
  Record record;
  cursor.SkipName();
  record.type = static_cast<uint16_t>(cursor.Number(2));
  cursor.Number(2);  // class
  record.ttl_s = cursor.Number(4);
  record.data = cursor.Take(cursor.Number(2));
  return record;
}

uint32_t Bounded(uint32_t ttl_s) { return ttl_s > kTtlMax ? 0 : ttl_s; }

// Of an SOA record's data: two names and five numbers.
std::optional<Duration> TtlOf(const Record& soa) {
  constexpr size_t kLast = 4;
  Cursor cursor(soa.data);
  cursor.SkipName();
  cursor.SkipName();
  cursor.Take(4 * kLast);
  const uint32_t minimum_s = cursor.Number(kLast);
  if (!cursor.ok()) return std::nullopt;
  return std::chrono::seconds(std::min(Bounded(soa.ttl_s), Bounded(minimum_s)));
}

}  // namespace

std::optional<Duration> NegativeTtl(std::span<const uint8_t> message) {
  Cursor cursor(message);
  cursor.Number(2);  // the question's number
  const uint32_t flags = cursor.Number(2);
  const uint32_t questions = cursor.Number(2);
  const uint32_t answers = cursor.Number(2);
  const uint32_t authorities = cursor.Number(2);
  cursor.Number(2);  // further records
  const uint32_t code = flags & kCodeMask;
  if ((flags & kIsAnswer) == 0 || (flags & kTruncated) != 0) return std::nullopt;
  if (code != kNoError && code != kNoSuchName) return std::nullopt;
  for (uint32_t i = 0; i < questions && cursor.ok(); ++i) {
    cursor.SkipName();
    cursor.Number(4);  // type and class
  }
  // An alias may stand here although there is nothing at its end.
  for (uint32_t i = 0; i < answers && cursor.ok(); ++i) {
    const Record record = ReadRecord(cursor);
    if (record.type == kTypeA || record.type == kTypeAaaa) return std::nullopt;
  }
  for (uint32_t i = 0; i < authorities && cursor.ok(); ++i) {
    const Record record = ReadRecord(cursor);
    if (cursor.ok() && record.type == kTypeSoa) return TtlOf(record);
  }
  return std::nullopt;
}

}  // namespace zokio::io
