// The part of bench/peers.h that loads libraries, so that none is needed to build.
#include <dlfcn.h>

#if __has_include(<http_parser.h>)
#include <http_parser.h>
#define ZOKIO_HAVE_HTTP_PARSER 1
#endif

#include <iterator>

#include "simd/bench/peers.h"

namespace zokio::simd::bench {
namespace {

template <class Function>
Function Find(const char* library, const char* symbol) {
  void* const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return nullptr;
  return reinterpret_cast<Function>(dlsym(handle, symbol));
}

}  // namespace

Crc32cFunction IsalCrc32c() {
  static const auto function = Find<Crc32cFunction>("libisal.so.2", "crc32_iscsi");
  return function;
}

Crc32Function ZlibCrc32() {
  static const auto function = Find<Crc32Function>("libz.so.1", "crc32");
  return function;
}

Utf8Function SimdjsonUtf8() {
  // simdjson::validate_utf8(char const*, unsigned long)
  static const auto function =
      Find<Utf8Function>("libsimdjson.so.14", "_ZN8simdjson13validate_utf8EPKcm");
  return function;
}

namespace {

// As in picohttpparser.h, which Debian does not install.
struct PicoHeader {
  const char* name;
  size_t name_size;
  const char* value;
  size_t value_size;
};

}  // namespace

int PicoHttpParserFields(std::string_view request) {
  static const auto parse =
      Find<int (*)(const char* text, size_t size, const char** method, size_t* method_size,
                   const char** path, size_t* path_size, int* minor_version, PicoHeader* headers,
                   size_t* header_count, size_t last_size)>("libh2o.so.0.13", "phr_parse_request");
  if (parse == nullptr) return -1;
  const char* method = nullptr;
  const char* path = nullptr;
  size_t method_size = 0;
  size_t path_size = 0;
  int minor_version = 0;
  PicoHeader headers[64];
  size_t header_count = std::size(headers);
  const int parsed = parse(request.data(), request.size(), &method, &method_size, &path, &path_size,
                           &minor_version, headers, &header_count, 0);
  return static_cast<size_t>(parsed) == request.size() ? static_cast<int>(header_count) : 0;
}

#ifdef ZOKIO_HAVE_HTTP_PARSER

namespace {

struct Fields {
  int count = 0;
  std::string_view places[64];
};

int OnField(http_parser* parser, const char* at, size_t size) {
  Fields& fields = *static_cast<Fields*>(parser->data);
  fields.places[fields.count++ & 63] = {at, size};
  return 0;
}

int OnValue(http_parser* parser, const char* at, size_t size) {
  Fields& fields = *static_cast<Fields*>(parser->data);
  fields.places[(fields.count + 32) & 63] = {at, size};
  return 0;
}

}  // namespace

int HttpParserFields(std::string_view request) {
  static const auto init =
      Find<void (*)(http_parser*, http_parser_type)>("libhttp_parser.so.2.9", "http_parser_init");
  static const auto execute =
      Find<size_t (*)(http_parser*, const http_parser_settings*, const char*, size_t)>(
          "libhttp_parser.so.2.9", "http_parser_execute");
  if (init == nullptr || execute == nullptr) return -1;
  http_parser_settings settings = {};
  settings.on_header_field = OnField;
  settings.on_header_value = OnValue;
  http_parser parser;
  init(&parser, HTTP_REQUEST);
  Fields fields;
  parser.data = &fields;
  return execute(&parser, &settings, request.data(), request.size()) == request.size()
             ? fields.count
             : 0;
}

#else

int HttpParserFields(std::string_view) { return -1; }

#endif

}  // namespace zokio::simd::bench
