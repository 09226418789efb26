// What the tokeniser of //simd gains in the server: ParseRequestHead() beside the plain parser.
#include "examples/http/request_head.h"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace zokio::http {
namespace {

using Parser = HeadStatus (*)(std::string_view, RequestHead&);

// What wrk sends, and a browser's head of the given size.
std::string Request(size_t bytes) {
  std::string text = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n";
  if (bytes > 100) {
    text +=
        "User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) "
        "Gecko/20100401 Firefox/3.6.3\r\n"
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
        "Accept-Language: ja,en-us;q=0.7,en;q=0.3\r\nAccept-Encoding: gzip,deflate\r\n"
        "Accept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7\r\nKeep-Alive: 115\r\n"
        "Connection: keep-alive\r\nCookie: ";
    text.append(bytes - 4 - text.size(), 'c');
    text += "\r\n";
  }
  return text + "\r\n";
}

void Parse(benchmark::State& state, Parser parser, size_t bytes) {
  const std::string text = Request(bytes);
  RequestHead head;
  for (auto _ : state) {
    head = RequestHead();
    benchmark::DoNotOptimize(parser(text, head));
    benchmark::ClobberMemory();
  }
  if (head.head_bytes != text.size() || !head.keep_alive) {
    state.SkipWithError("the head was not parsed");
  }
}

BENCHMARK_CAPTURE(Parse, wrk / vectors, ParseRequestHead, 0);
BENCHMARK_CAPTURE(Parse, wrk / plain, ParseRequestHeadPlainly, 0);
BENCHMARK_CAPTURE(Parse, browser_703 / vectors, ParseRequestHead, 703);
BENCHMARK_CAPTURE(Parse, browser_703 / plain, ParseRequestHeadPlainly, 703);

}  // namespace
}  // namespace zokio::http
