// Messages that are views of their bytes: written once, read in place wherever the bytes come to.
//
//   struct Order {
//     static constexpr WireSchema kWire{"shop.Order", 2};
//     uint64_t customer = 0;
//     WireSpan<Line> lines;       // elements behind the fixed part
//     uint32_t discount = 0;      // since version 2: new fields come last
//   };
//
//   WireWriter<Order> writer;
//   writer->customer = 7;
//   writer.Append(&Order::lines, lines);
//   WireMessage<Order> order = std::move(writer).Finish();     // itself a message for actors
//
//   Result<WireView<Order>> view = WireView<Order>::Of(order.bytes());
//   view->Get(&Order::customer);  view->Span(&Order::lines);   // nothing is copied
//
// A version only appends fields. A reader finds the default for what an older writer did not know,
// and ignores what a newer one appended; what is older than `oldest` is refused.
//
// Format: a header of 32 bytes, the struct as it lies in memory, the elements of its spans. Little
// endian: bytes of another order are refused.
//
// Thread-safety: plain values; constant ones from any thread.
// Errors: Of: kInvalidArgument for bytes that are no such message or lie unaligned, kUnsupported
//   for a version too old. A span that does not lie within the bytes reads as empty.
// Cost: reading a field a comparison, a span four; writing one block.
// Source: fields at fixed places and offsets to the rest, after FlatBuffers (W. van Oortmerssen
//   2014) and Cap'n Proto (K. Varda 2013).
#ifndef ZOKIO_ACTOR_WIRE_H_
#define ZOKIO_ACTOR_WIRE_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace zokio {

struct WireSchema {
  // The name tells schemas apart, wherever they are compiled.
  constexpr WireSchema(std::string_view schema_name, uint16_t schema_version,
                       uint16_t oldest_version = 1)
      : name(schema_name), version(schema_version), oldest(oldest_version) {}

  // FNV-1a of the name.
  constexpr uint64_t id() const {
    uint64_t hash = 0xCBF29CE484222325u;
    for (char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
    return hash;
  }

  std::string_view name;
  uint16_t version;
  uint16_t oldest;
};

// Where elements lie: in the fixed part of a message, written by WireWriter.
template <typename T>
struct WireSpan {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 16);

  uint32_t offset = 0;  // from the begin of the message
  uint32_t count = 0;
};

struct WireHeader {
  static constexpr uint32_t kMagic = 0x314D4B5A;  // "ZKM1"

  uint32_t magic = kMagic;
  uint32_t fixed_bytes = 0;
  uint32_t total_bytes = 0;  // the header's too
  uint16_t version = 0;
  uint16_t reserved = 0;
  uint64_t schema = 0;
  uint64_t reserved_too = 0;
};
static_assert(sizeof(WireHeader) == 32 && std::endian::native == std::endian::little);

template <typename T>
concept WireType = std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T> &&
                   alignof(T) <= 16 && requires { WireSchema(T::kWire); };

namespace internal {

// The header, once it and the bytes were found to be those of such a message.
Result<WireHeader> CheckWire(std::span<const std::byte> bytes, const WireSchema& schema,
                             size_t alignment);

}  // namespace internal

template <WireType T>
class WireView {
 public:
  // `bytes` outlive the view.
  static Result<WireView> Of(std::span<const std::byte> bytes) {
    Result<WireHeader> header = internal::CheckWire(bytes, T::kWire, alignof(T));
    if (!header.ok()) return header.error();
    return WireView(bytes.first(header->total_bytes), *header);
  }

  uint16_t version() const { return header_.version; }
  // The whole fixed part in place; null where an older writer's is shorter.
  const T* whole() const {
    if (header_.fixed_bytes < sizeof(T)) return nullptr;
    return reinterpret_cast<const T*>(bytes_.data() + sizeof(WireHeader));
  }
  // The writer knew this field.
  template <typename F>
  bool Has(F T::* field) const {
    return OffsetOf(field) + sizeof(F) <= header_.fixed_bytes;
  }
  template <typename F>
  F Get(F T::* field) const {
    if (!Has(field)) return T{}.*field;
    F value;
    std::memcpy(&value, bytes_.data() + sizeof(WireHeader) + OffsetOf(field), sizeof(F));
    return value;
  }
  template <typename E>
  std::span<const E> Span(WireSpan<E> T::* field) const {
    const WireSpan<E> where = Get(field);
    const size_t begin = where.offset;
    const bool within = begin >= sizeof(WireHeader) && begin % alignof(E) == 0 &&
                        begin <= bytes_.size() &&
                        where.count <= (bytes_.size() - begin) / sizeof(E);
    if (where.count == 0 || !within) return {};
    return {reinterpret_cast<const E*>(bytes_.data() + begin), where.count};
  }
  std::string_view Text(WireSpan<char> T::* field) const {
    const std::span<const char> text = Span(field);
    return {text.data(), text.size()};
  }
  // A copy of the fixed part, with defaults for what the writer did not know.
  T Copy() const {
    T copy{};
    std::memcpy(static_cast<void*>(&copy), bytes_.data() + sizeof(WireHeader),
                std::min<size_t>(sizeof(T), header_.fixed_bytes));
    return copy;
  }

 private:
  WireView(std::span<const std::byte> bytes, const WireHeader& header)
      : bytes_(bytes), header_(header) {}

  template <typename F>
  static size_t OffsetOf(F T::* field) {
    static constexpr T kNone{};
    return static_cast<size_t>(reinterpret_cast<const std::byte*>(&(kNone.*field)) -
                               reinterpret_cast<const std::byte*>(&kNone));
  }

  std::span<const std::byte> bytes_;
  WireHeader header_;
};

// The bytes of a message, aligned to 16.
class WireBytes {
 public:
  WireBytes() = default;
  explicit WireBytes(size_t size) : data_(Allocate(size)), size_(size) {}
  // A copy.
  explicit WireBytes(std::span<const std::byte> bytes) : WireBytes(bytes.size()) {
    if (size_ != 0) std::memcpy(data_.get(), bytes.data(), size_);
  }

  std::byte* data() { return data_.get(); }
  // REQUIRES: size is at most what there is.
  void Truncate(size_t size) { size_ = size; }
  std::span<const std::byte> span() const { return {data_.get(), size_}; }

 private:
  static constexpr std::align_val_t kAlignment{16};
  struct Delete {
    void operator()(std::byte* data) const { ::operator delete(data, kAlignment); }
  };
  static std::byte* Allocate(size_t size) {
    return static_cast<std::byte*>(::operator new(size, kAlignment));
  }

  std::unique_ptr<std::byte, Delete> data_;
  size_t size_ = 0;
};

// A message that owns its bytes and was found to be good.
template <WireType T>
class WireMessage {
 public:
  // Takes over bytes that came from elsewhere.
  static Result<WireMessage> Of(WireBytes bytes) {
    Result<WireView<T>> view = WireView<T>::Of(bytes.span());
    if (!view.ok()) return view.error();
    return WireMessage(std::move(bytes), *view);
  }

  const WireView<T>& view() const { return view_; }
  std::span<const std::byte> bytes() const { return bytes_.span(); }

 private:
  WireMessage(WireBytes bytes, const WireView<T>& view) : bytes_(std::move(bytes)), view_(view) {}

  WireBytes bytes_;
  WireView<T> view_;  // the block of `bytes_` does not move with it
};

template <WireType T>
class WireWriter {
 public:
  WireWriter() : bytes_(kSpansBegin), size_(kSpansBegin), capacity_(kSpansBegin) {
    std::memset(bytes_.data(), 0, kSpansBegin);  // padding too: equal messages are equal bytes
  }
  // The spans are Append's.
  T* operator->() { return &fixed_; }

  // Copies `elements` behind what there is.
  template <typename E>
  void Append(WireSpan<E> T::* field, std::span<const E> elements) {
    const size_t begin = (size_ + alignof(E) - 1) / alignof(E) * alignof(E);
    Reserve(begin + elements.size_bytes());
    std::memset(bytes_.data() + size_, 0, begin - size_);
    if (!elements.empty()) {
      std::memcpy(bytes_.data() + begin, elements.data(), elements.size_bytes());
    }
    size_ = begin + elements.size_bytes();
    (fixed_.*field).offset = static_cast<uint32_t>(begin);
    (fixed_.*field).count = static_cast<uint32_t>(elements.size());
  }
  void Append(WireSpan<char> T::* field, std::string_view text) {
    Append(field, std::span<const char>(text.data(), text.size()));
  }

  WireMessage<T> Finish() && {
    WireHeader header;
    header.fixed_bytes = sizeof(T);
    header.total_bytes = static_cast<uint32_t>(size_);
    header.version = T::kWire.version;
    header.schema = T::kWire.id();
    std::memcpy(bytes_.data(), &header, sizeof(header));
    std::memcpy(bytes_.data() + sizeof(header), &fixed_, sizeof(T));
    bytes_.Truncate(size_);
    Result<WireMessage<T>> message = WireMessage<T>::Of(std::move(bytes_));
    ZOKIO_CHECK(message.ok(), "what was written can be read");
    return *std::move(message);
  }

 private:
  static constexpr size_t kSpansBegin = (sizeof(WireHeader) + sizeof(T) + 15) / 16 * 16;

  void Reserve(size_t wanted) {
    ZOKIO_CHECK(wanted <= UINT32_MAX, "a message of 4 GiB");
    if (wanted <= capacity_) return;
    capacity_ = std::max(wanted, 2 * capacity_);
    WireBytes larger(capacity_);
    std::memcpy(larger.data(), bytes_.data(), size_);
    bytes_ = std::move(larger);
  }

  T fixed_{};
  WireBytes bytes_;
  size_t size_;
  size_t capacity_;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_WIRE_H_
