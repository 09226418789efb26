// Kernels over bytes: searching, HTTP heads, checksums, UTF-8, codecs. simd/README.md has figures.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "simd/base64.h"
#include "simd/bench/cases.h"
#include "simd/bench/peers.h"
#include "simd/crc32c.h"
#include "simd/find.h"
#include "simd/hex.h"
#include "simd/http_head.h"
#include "simd/reference.h"
#include "simd/testing/http_corpus.h"
#include "simd/utf8.h"
#include "simd/wire.h"

namespace zokio::simd::bench {
namespace {

std::string Sized(const char* kernel, size_t bytes) {
  return std::string("simd_") + kernel + "_" + std::to_string(bytes);
}

// Deterministic text of words and lines: a delimiter every 16 bytes or so.
String Text(size_t bytes) {
  String text;
  uint32_t state = 1;
  while (text.size() < bytes) {
    state = state * 1664525 + 1013904223;
    text.append(5 + (state >> 27), static_cast<char>('a' + (state >> 20) % 26));
    text += (state >> 16) % 3 == 0 ? '\n' : ':';
  }
  text.resize(bytes);
  return text;
}

void Limits() {
  for (const size_t bytes : {size_t{16384}, size_t{1} << 18}) {
    auto* const data = new Vector<uint8_t>(bytes, 1);
    Peer(Sized("load", bytes), "limit", {.bytes = bytes}, 0x0101010101010101,
         [=] { return LoadLoop(*data); });
    auto* const copy = new Vector<uint8_t>(bytes);
    Peer(Sized("copy", bytes), "memcpy", {.bytes = bytes}, 1, [=] {
      std::memcpy(copy->data(), data->data(), bytes);
      return (*copy)[bytes - 1];
    });
  }
}

void Finding() {
  for (const size_t bytes : {8, 16, 40, 64, 1024, 16384}) {
    auto* const text = new String(bytes, 'x');
    text->back() = '\n';
    Ours(Sized("find_byte", bytes), {.bytes = bytes}, bytes - 1,
         [=] { return FindByte(AsBytes(*text), '\n'); });
    Peer(Sized("find_byte", bytes), "memchr", {.bytes = bytes}, bytes - 1, [=] {
      const void* found = std::memchr(text->data(), '\n', bytes);
      return static_cast<uint64_t>(static_cast<const char*>(found) - text->data());
    });
    static constexpr ByteSet kSet("\r\n:");
    Ours(Sized("find_any_of", bytes), {.bytes = bytes}, bytes - 1,
         [=] { return FindAnyOf(AsBytes(*text), kSet); });
    Peer(Sized("find_any_of", bytes), "strcspn", {.bytes = bytes}, bytes - 1,
         [=] { return std::strcspn(text->c_str(), "\r\n:"); });
    Peer(Sized("find_any_of", bytes), "loop", {.bytes = bytes}, bytes - 1, [=] {
      size_t i = 0;
      while (i < bytes && (*text)[i] != '\r' && (*text)[i] != '\n' && (*text)[i] != ':') ++i;
      return i;
    });
  }
}

void Delimiters() {
  constexpr size_t kBytes = 16384;
  auto* const text = new String(Text(kBytes));
  static constexpr ByteSet kAscii("\n:\r*");
  auto* const positions = new Vector<uint32_t>(kBytes);
  const uint64_t count = reference::DelimiterPositions(AsBytes(*text), kAscii, *positions).count;
  auto* const bitmap = new Vector<uint64_t>(kBytes / 64);
  reference::DelimiterBitmap(AsBytes(*text), kAscii, *bitmap);
  const uint64_t last = bitmap->back();
  Ours(Sized("delimiter_bitmap", kBytes), {.bytes = kBytes}, last, [=] {
    DelimiterBitmap(AsBytes(*text), kAscii, *bitmap);
    return bitmap->back();
  });
  Ours(Sized("delimiter_positions", kBytes), {.bytes = kBytes}, count,
       [=] { return DelimiterPositions(AsBytes(*text), kAscii, *positions).count; });
  Peer(Sized("delimiter_positions", kBytes), "strcspn", {.bytes = kBytes}, count,
       [=] { return StdCountMembers(*text, "\n:\r*"); });
}

void Http() {
  for (const std::string& request : {testing::BrowserRequest(), testing::SmallRequest()}) {
    auto* const text = new String(request.begin(), request.end());
    auto* const headers = new std::array<HttpHeader, 64>;
    const size_t fields = text->size() > 100 ? 9 : 2;
    Ours(Sized("http_head", text->size()), {.bytes = text->size(), .items = 1}, fields, [=] {
      HttpRequestHead head;
      const HttpStatus status = ParseHttpRequest(AsBytes(*text), HttpLimits(), *headers, head);
      return status == HttpStatus::kOk ? head.header_count : 0;
    });
    if (HttpParserFields(*text) < 0) {
      Missing(Sized("http_head", text->size()), "http_parser", "libhttp-parser-dev");
    } else {
      Peer(Sized("http_head", text->size()), "http_parser", {.bytes = text->size(), .items = 1},
           fields, [=] { return static_cast<uint64_t>(HttpParserFields(*text)); });
    }
    if (PicoHttpParserFields(*text) < 0) {
      Missing(Sized("http_head", text->size()), "picohttpparser", "libh2o0.13");
    } else {
      Peer(Sized("http_head", text->size()), "picohttpparser", {.bytes = text->size(), .items = 1},
           fields, [=] { return static_cast<uint64_t>(PicoHttpParserFields(*text)); });
    }
  }
  // Heads back to back, as pipelining clients send them.
  auto* const many = new String;
  for (int i = 0; i < 64; ++i) *many += testing::SmallRequest();
  auto* const headers = new std::array<HttpHeader, 64>;
  Ours("simd_http_head_pipelined_57", {.bytes = many->size(), .items = 64}, 64, [=] {
    std::span<const uint8_t> rest = AsBytes(*many);
    uint64_t heads = 0;
    HttpRequestHead head;
    while (!rest.empty() &&
           ParseHttpRequest(rest, HttpLimits(), *headers, head) == HttpStatus::kOk) {
      rest = rest.subspan(head.head_bytes);
      ++heads;
    }
    return heads;
  });
}

void Checksums() {
  for (const size_t bytes : {size_t{64}, size_t{1024}, size_t{16384}, size_t{1} << 18}) {
    auto* const data = new String(Text(bytes));
    const uint32_t crc = reference::Crc32c(AsBytes(*data), 0);
    Ours(Sized("crc32c", bytes), {.bytes = bytes}, crc, [=] { return Crc32c(AsBytes(*data)); });
    if (const Crc32cFunction isal = IsalCrc32c(); isal != nullptr) {
      Peer(Sized("crc32c", bytes), "isal", {.bytes = bytes}, crc, [=] {
        auto* const bytes_of = reinterpret_cast<unsigned char*>(data->data());
        return static_cast<uint32_t>(~isal(bytes_of, static_cast<int>(bytes), ~0u));
      });
    } else {
      Missing(Sized("crc32c", bytes), "isal", "libisal2");
    }
    if (const Crc32Function zlib = ZlibCrc32(); zlib != nullptr) {
      const auto* const bytes_of = reinterpret_cast<const unsigned char*>(data->data());
      const uint64_t expected = zlib(0, bytes_of, static_cast<unsigned>(bytes));
      Peer(Sized("crc32c", bytes), "zlib_crc32", {.bytes = bytes}, expected,
           [=] { return zlib(0, bytes_of, static_cast<unsigned>(bytes)); });
    } else {
      Missing(Sized("crc32c", bytes), "zlib_crc32", "zlib1g");
    }
  }
  constexpr size_t kBytes = 1500;
  auto* const packet = new String(Text(kBytes));
  const uint16_t sum = reference::InternetChecksum(AsBytes(*packet), 0);
  Ours(Sized("internet_checksum", kBytes), {.bytes = kBytes}, sum,
       [=] { return InternetChecksum(AsBytes(*packet)); });
}

void Utf8() {
  struct Input {
    const char* name;
    std::string text;
  };
  for (const size_t bytes : {size_t{24}, size_t{64}, size_t{16384}}) {
    std::string mixed;
    while (mixed.size() < bytes)
      mixed += "Z\xc3\xbcrich \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80 ";
    mixed.resize(bytes);
    while (!reference::ValidateUtf8(AsBytes(mixed))) mixed.pop_back();
    mixed.resize(bytes, '.');
    for (const Input& input :
         {Input{"utf8_ascii", std::string(bytes, 'a')}, Input{"utf8_mixed", mixed}}) {
      auto* const text = new String(input.text.begin(), input.text.end());
      Ours(Sized(input.name, bytes), {.bytes = bytes}, 1,
           [=] { return ValidateUtf8(AsBytes(*text)); });
      if (const Utf8Function simdjson = SimdjsonUtf8(); simdjson != nullptr) {
        Peer(Sized(input.name, bytes), "simdjson", {.bytes = bytes}, 1,
             [=] { return simdjson(text->data(), text->size()); });
      } else {
        Missing(Sized(input.name, bytes), "simdjson", "libsimdjson14");
      }
      Peer(Sized(input.name, bytes), "loop", {.bytes = bytes}, 1,
           [=] { return ScalarUtf8(AsBytes(*text)); });
    }
  }
}

void Codecs() {
  for (const size_t bytes : {size_t{24}, size_t{12288}}) {
    auto* const data = new String(Text(bytes));
    auto* const text = new String(Base64EncodedSize(bytes, Base64Alphabet::kStandard), '\0');
    auto* const back = new Vector<uint8_t>(bytes);
    Base64Encode(AsBytes(*data), Base64Alphabet::kStandard, *text);
    const uint64_t last = static_cast<uint8_t>(text->back());
    Ours(Sized("base64_encode", bytes), {.bytes = bytes}, last, [=] {
      Base64Encode(AsBytes(*data), Base64Alphabet::kStandard, *text);
      return static_cast<uint8_t>(text->back());
    });
    Peer(Sized("base64_encode", bytes), "loop", {.bytes = bytes}, last, [=] {
      reference::Base64Encode(AsBytes(*data), Base64Alphabet::kStandard, *text);
      return static_cast<uint8_t>(text->back());
    });
    Ours(Sized("base64_decode", bytes), {.bytes = text->size()}, bytes,
         [=] { return Base64Decode(*text, Base64Alphabet::kStandard, *back).value_or(0); });
    auto* const hex = new String(2 * bytes, '\0');
    HexEncode(AsBytes(*data), *hex);
    const uint64_t digit = static_cast<uint8_t>(hex->back());
    Ours(Sized("hex_encode", bytes), {.bytes = bytes}, digit, [=] {
      HexEncode(AsBytes(*data), *hex);
      return static_cast<uint8_t>(hex->back());
    });
    Ours(Sized("hex_decode", bytes), {.bytes = 2 * bytes}, 1,
         [=] { return HexDecode(*hex, *back); });
  }
}

const bool g_registered = [] {
  Limits();
  Finding();
  Delimiters();
  Http();
  Checksums();
  Utf8();
  Codecs();
  return true;
}();

}  // namespace
}  // namespace zokio::simd::bench
