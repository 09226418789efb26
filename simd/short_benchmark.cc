// Short inputs, 8 to 64 bytes: no kernel is slower than 1.3 times the plain loop of reference.h.
// `simd_short_KERNEL_BYTES/ours` beside `.../loop`; simd/README.md has the worst ratios.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "simd/base64.h"
#include "simd/bench/cases.h"
#include "simd/bitmap.h"
#include "simd/completion.h"
#include "simd/crc32c.h"
#include "simd/filter.h"
#include "simd/find.h"
#include "simd/hash.h"
#include "simd/hex.h"
#include "simd/message_batch.h"
#include "simd/prefix_sum.h"
#include "simd/reference.h"
#include "simd/transform.h"
#include "simd/utf8.h"
#include "simd/wire.h"

namespace zokio::simd::bench {
namespace {

// Registers both sides; what the loop returns is what the kernel must return.
template <class Run, class Loop>
void Beside(const char* kernel, size_t bytes, const Run& run, const Loop& loop) {
  const std::string name = std::string("simd_short_") + kernel + "_" + std::to_string(bytes);
  const uint64_t expected = loop();
  Ours(name, {.bytes = bytes}, expected, run);
  Peer(name, "loop", {.bytes = bytes}, expected, loop);
}

// As many elements as fit into `bytes`, pseudo-random, with the top bit alternating.
template <class T>
Vector<T>* Numbers(size_t bytes) {
  auto* const out = new Vector<T>(bytes / sizeof(T));
  for (size_t i = 0; i < out->size(); ++i) (*out)[i] = static_cast<T>(Hash(i, 11));
  return out;
}

String* Letters(size_t bytes, std::string_view pattern) {
  auto* const text = new String;
  while (text->size() + pattern.size() <= bytes) *text += pattern;
  text->append(bytes - text->size(), 'x');
  return text;
}

void Searching(size_t bytes) {
  auto* const text = Letters(bytes, "xxxxxxx");
  text->back() = '\n';
  static constexpr ByteSet kSet("\r\n:");
  Beside(
      "find_byte", bytes, [=] { return FindByte(AsBytes(*text), '\n'); },
      [=] { return reference::FindByte(AsBytes(*text), '\n'); });
  Beside(
      "find_any_of", bytes, [=] { return FindAnyOf(AsBytes(*text), kSet); },
      [=] { return reference::FindAnyOf(AsBytes(*text), kSet); });
  auto* const lines = Letters(bytes, "a word:\n");
  auto* const positions = new Vector<uint32_t>(bytes + 64);
  Beside(
      "delimiter_positions", bytes,
      [=] { return DelimiterPositions(AsBytes(*lines), kSet, *positions).count; },
      [=] { return reference::DelimiterPositions(AsBytes(*lines), kSet, *positions).count; });
}

void Checking(size_t bytes) {
  auto* const ascii = Letters(bytes, "word");
  auto* const mixed = Letters(bytes, "a\xC3\xA9\xE2\x82\xACz");
  for (auto* const text : {ascii, mixed}) {
    Beside(
        text == ascii ? "utf8_ascii" : "utf8_mixed", bytes,
        [=] { return ValidateUtf8(AsBytes(*text)); },
        [=] { return reference::ValidateUtf8(AsBytes(*text)); });
  }
  Beside(
      "crc32c", bytes, [=] { return Crc32c(AsBytes(*ascii)); },
      [=] { return reference::Crc32c(AsBytes(*ascii), 0); });
  Beside(
      "internet_checksum", bytes, [=] { return InternetChecksum(AsBytes(*ascii)); },
      [=] { return reference::InternetChecksum(AsBytes(*ascii), 0); });
}

void Coding(size_t bytes) {
  auto* const data = Letters(bytes, "data");
  constexpr auto kStandard = Base64Alphabet::kStandard;
  auto* const text = new String(Base64EncodedSize(bytes, kStandard), '\0');
  auto* const back = new Vector<uint8_t>(bytes + 4);
  Beside(
      "base64_encode", bytes, [=] { return Base64Encode(AsBytes(*data), kStandard, *text); },
      [=] { return reference::Base64Encode(AsBytes(*data), kStandard, *text); });
  Beside(
      "base64_decode", bytes, [=] { return Base64Decode(*text, kStandard, *back).value_or(0); },
      [=] { return reference::Base64Decode(*text, kStandard, *back).value_or(0); });
  auto* const hex = new String(2 * bytes, '\0');
  const auto last = [=] { return static_cast<uint64_t>(hex->back()); };
  Beside(
      "hex_encode", bytes, [=] { return HexEncode(AsBytes(*data), *hex), last(); },
      [=] { return reference::HexEncode(AsBytes(*data), *hex), last(); });
  Beside(
      "hex_decode", bytes, [=] { return HexDecode(*hex, std::span<uint8_t>(*back).first(bytes)); },
      [=] { return reference::HexDecode(*hex, std::span<uint8_t>(*back).first(bytes)); });
}

void Columns(size_t bytes) {
  auto* const numbers = Numbers<uint32_t>(bytes);
  auto* const out = new Vector<uint32_t>(bytes / 4 + 64);
  constexpr uint32_t kHalf = uint32_t{1} << 31;
  Beside(
      "filter_u32", bytes, [=] { return FilterCompact(*numbers, Comparison::kLess, kHalf, *out); },
      [=] { return reference::FilterCompact(*numbers, Comparison::kLess, kHalf, *out); });
  Beside(
      "prefix_sum_u32", bytes, [=] { return PrefixSum(*numbers, 0, *out); },
      [=] { return reference::PrefixSum(*numbers, 0, *out); });
  const std::span<const uint32_t> in(*numbers);
  const std::span<uint32_t> to(*out);
  const auto last = [=] { return uint64_t{to[in.size() - 1]}; };
  Beside(
      "byte_swap_u32", bytes, [=] { return ByteSwap(in, to), last(); },
      [=] { return reference::ByteSwap(in, to), last(); });
  const auto op = [](auto x) { return (x ^ 21) + 7; };
  Beside(
      "transform_u32", bytes, [=] { return Transform(in, to, op), last(); },
      [=] {
        for (size_t i = 0; i < in.size(); ++i) to[i] = (in[i] ^ 21) + 7;
        return last();
      });
  auto* const classes = new Vector<uint8_t>(bytes);
  Beside(
      "message_classes", bytes, [=] { return ClassifyMessageSizes(in, *classes)[2]; },
      [=] { return reference::ClassifyMessageSizes(in, *classes)[2]; });
}

void Words(size_t bytes) {
  auto* const words = Numbers<uint64_t>(bytes);
  auto* const hashes = new Vector<uint64_t>(bytes / 8);
  Beside(
      "hash_u64", bytes, [=] { return HashBatch(*words, 1, *hashes), hashes->back(); },
      [=] { return reference::HashBatch(*words, 1, *hashes), hashes->back(); });
  Beside(
      "reduce_min_u64", bytes,
      [=] { return Reduce(*words, UINT64_MAX, [](auto a, auto b) { return Min(a, b); }); },
      [=] {
        uint64_t least = UINT64_MAX;
        for (const uint64_t word : *words) least = Min(least, word);
        return least;
      });
  auto* const bitmap = new Vector<uint64_t>(1);
  constexpr uint64_t kNow = uint64_t{1} << 63;
  Beside(
      "deadline_scan", bytes, [=] { return DeadlineScan(*words, kNow, *bitmap); },
      [=] { return reference::DeadlineScan(*words, kNow, *bitmap); });
  auto* const indices = new Vector<uint32_t>(bytes * 8 + 64);
  Beside(
      "bitmap_decode", bytes, [=] { return BitmapDecode(*words, 0, *indices); },
      [=] { return reference::BitmapDecode(*words, 0, *indices); });
}

// Structures of 16 bytes, and what goes with them.
void Batches(size_t bytes) {
  const size_t count = bytes / sizeof(Completion);
  if (count == 0) return;
  auto* const completions = new Vector<Completion>(count);
  auto* const headers = new Vector<MessageHeader>(count);
  for (size_t i = 0; i < count; ++i) {
    (*completions)[i] = {i, i % 2 == 0 ? -11 : 100, 2};
    (*headers)[i] = {static_cast<uint32_t>(i), 100, i};
  }
  auto* const bitmaps = new std::array<uint64_t, 2>;
  const std::span<uint64_t> failed(bitmaps->data(), 1);
  const std::span<uint64_t> flagged(bitmaps->data() + 1, 1);
  Beside(
      "completion_scan", bytes, [=] { return CompletionScan(*completions, 2, failed, flagged); },
      [=] { return reference::CompletionScan(*completions, 2, failed, flagged); });
  auto* const columns = new std::array<Vector<uint32_t>, 2>;
  for (auto& column : *columns) column.resize(count);
  auto* const payloads = new Vector<uint64_t>(count);
  const auto last = [=] { return payloads->back(); };
  Beside(
      "message_split", bytes,
      [=] {
        SplitMessageHeaders(*headers, (*columns)[0], (*columns)[1], *payloads);
        return last();
      },
      [=] {
        reference::SplitMessageHeaders(*headers, (*columns)[0], (*columns)[1], *payloads);
        return last();
      });
}

const bool g_registered = [] {
  for (const size_t bytes : {size_t{8}, size_t{16}, size_t{40}, size_t{64}}) {
    Searching(bytes);
    Checking(bytes);
    Coding(bytes);
    Columns(bytes);
    Words(bytes);
    Batches(bytes);
  }
  return true;
}();

}  // namespace
}  // namespace zokio::simd::bench
