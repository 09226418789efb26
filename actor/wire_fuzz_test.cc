// Bytes of any content: whatever a view hands out lies within them.
#include "actor/wire.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/check.h"

namespace zokio {
namespace {

struct Point {
  double x = 0;
  double y = 0;
};
struct Shape {
  static constexpr WireSchema kWire{"test.Shape", 3, 2};
  uint64_t number = 0;
  WireSpan<Point> points;
  WireSpan<char> name;
  uint16_t colour = 9;
};

uint64_t ReadAll(const WireView<Shape>& view) {
  uint64_t sum = view.Get(&Shape::number) + view.Get(&Shape::colour) + view.version();
  for (const Point& point : view.Span(&Shape::points)) sum += point.x < point.y ? 1 : 0;
  for (char c : view.Text(&Shape::name)) sum += static_cast<uint8_t>(c);
  if (const Shape* whole = view.whole()) sum += whole->colour;
  return sum + view.Copy().number;
}

}  // namespace
}  // namespace zokio

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using zokio::WireHeader;
  // In an aligned block of exactly this size; the fuzzer need not guess magic and schema.
  zokio::WireBytes bytes(std::as_bytes(std::span(data, size)));
  if (size >= sizeof(WireHeader)) {
    WireHeader header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    header.magic = WireHeader::kMagic;
    header.schema = zokio::Shape::kWire.id();
    if (header.reserved % 2 == 0) header.total_bytes = static_cast<uint32_t>(size);
    std::memcpy(bytes.data(), &header, sizeof(header));
  }
  auto view = zokio::WireView<zokio::Shape>::Of(bytes.span());
  if (view.ok()) {
    const uint64_t sum = zokio::ReadAll(*view);
    ZOKIO_CHECK(sum == zokio::ReadAll(*view), "reading changes nothing");
  }
  return 0;
}
