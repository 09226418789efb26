// Any bytes: no crash, no read past the end, the same answer by vectors as byte by byte, and one
// that does not depend on how the bytes were split: a complete head stays the same head with more
// bytes behind it.
#include "examples/http/request_head.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using zokio::http::HeadStatus;
  using zokio::http::kHeadBytesMax;
  using zokio::http::ParseRequestHead;
  using zokio::http::ParseRequestHeadPlainly;
  using zokio::http::RequestHead;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  RequestHead head;
  RequestHead plain;
  if (ParseRequestHeadPlainly(bytes, plain) != ParseRequestHead(bytes, head)) abort();
  if (plain.method != head.method || plain.target != head.target ||
      plain.head_bytes != head.head_bytes || plain.content_bytes != head.content_bytes ||
      plain.keep_alive != head.keep_alive || plain.http_1_0 != head.http_1_0 ||
      plain.expects_continue != head.expects_continue || plain.chunked != head.chunked) {
    abort();
  }
  if (ParseRequestHead(bytes, head) != HeadStatus::kComplete) return 0;
  if (head.head_bytes == 0 || head.head_bytes > size || head.head_bytes > kHeadBytesMax) abort();
  RequestHead again;
  if (ParseRequestHead(bytes.substr(0, head.head_bytes), again) != HeadStatus::kComplete) abort();
  if (again.head_bytes != head.head_bytes || again.method != head.method) abort();
  if (ParseRequestHead(bytes.substr(0, head.head_bytes - 1), again) == HeadStatus::kComplete) {
    abort();
  }
  return 0;
}
