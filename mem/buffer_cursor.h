// BufferReader, BufferWriter: integers and strings in the bytes of a BufferChain.
//
// A reader that meets the end fails and stays failed, so a whole message may be read first and
// asked about once: `if (!reader.ok()) ...`. Integers have a stated byte order and may straddle
// Buffers.
//
// Ownership: a reader refers to its chain and does not change it: consume `position()` bytes after.
// Thread-safety: one thread.
// Errors: ok() is false after a read beyond the end, or a write without memory.
#ifndef ZOKIO_MEM_BUFFER_CURSOR_H_
#define ZOKIO_MEM_BUFFER_CURSOR_H_

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "mem/buffer_chain.h"

namespace zokio {

namespace mem_internal {

template <std::unsigned_integral T>
constexpr T Reversed(T value) {
  T reversed = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    reversed = static_cast<T>(reversed << 8 | (value >> (8 * i) & 0xFF));
  }
  return reversed;
}

template <std::unsigned_integral T>
constexpr T InOrder(T value, std::endian order) {
  return order == std::endian::native ? value : Reversed(value);
}

}  // namespace mem_internal

class BufferReader {
 public:
  explicit BufferReader(const BufferChain& chain) : chain_(chain) {}

  bool ok() const { return ok_; }
  size_t position() const { return position_; }
  size_t left() const { return ok_ ? chain_.size() - position_ : 0; }

  // 0 beyond the end.
  template <std::unsigned_integral T>
  T ReadInteger(std::endian order = std::endian::big) {
    T value = 0;
    if (!ReadBytes({reinterpret_cast<uint8_t*>(&value), sizeof(value)})) return 0;
    return mem_internal::InOrder(value, order);
  }
  bool ReadBytes(std::span<uint8_t> out) {
    if (!Has(out.size())) return false;
    chain_.CopyTo(position_, out);
    position_ += out.size();
    return true;
  }
  std::string ReadString(size_t size) {
    if (!Has(size)) return {};
    std::string text(size, '\0');
    ReadBytes({reinterpret_cast<uint8_t*>(text.data()), size});
    return text;
  }
  // Shares.
  BufferChain ReadChain(size_t size) {
    if (!Has(size)) return {};
    BufferChain part = chain_.Slice(position_, size);
    position_ += size;
    return part;
  }
  void Skip(size_t size) {
    if (Has(size)) position_ += size;
  }

 private:
  bool Has(size_t size) { return ok_ = ok_ && size <= chain_.size() - position_; }

  const BufferChain& chain_;
  size_t position_ = 0;
  bool ok_ = true;
};

class BufferWriter {
 public:
  // Appends to `chain`.
  explicit BufferWriter(BufferChain& chain) : chain_(chain) {}

  bool ok() const { return ok_; }

  template <std::unsigned_integral T>
  void WriteInteger(T value, std::endian order = std::endian::big) {
    const T ordered = mem_internal::InOrder(value, order);
    WriteBytes({reinterpret_cast<const uint8_t*>(&ordered), sizeof(ordered)});
  }
  void WriteBytes(std::span<const uint8_t> bytes) { ok_ = ok_ && chain_.Append(bytes); }
  void WriteString(std::string_view text) { ok_ = ok_ && chain_.Append(text); }

 private:
  BufferChain& chain_;
  bool ok_ = true;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_BUFFER_CURSOR_H_
