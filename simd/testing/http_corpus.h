// HTTP heads that tests, fuzzers and benchmarks share.
#ifndef ZOKIO_SIMD_TESTING_HTTP_CORPUS_H_
#define ZOKIO_SIMD_TESTING_HTTP_CORPUS_H_

#include <string>
#include <string_view>
#include <vector>

#include "simd/http_types.h"

namespace zokio::simd::testing {

struct HttpCase {
  std::string_view text;
  HttpStatus status;
};

// 703 bytes and 9 header fields, the usual size of a browser's request.
inline std::string BrowserRequest() {
  std::string text =
      "GET /wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg HTTP/1.1\r\n"
      "Host: www.kittyhell.com\r\n"
      "User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) "
      "Gecko/20100401 Firefox/3.6.3 Pathtraq/0.9\r\n"
      "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
      "Accept-Language: ja,en-us;q=0.7,en;q=0.3\r\n"
      "Accept-Encoding: gzip,deflate\r\n"
      "Accept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7\r\n"
      "Keep-Alive: 115\r\n"
      "Connection: keep-alive\r\n"
      "Cookie: ";
  text.append(703 - 4 - text.size(), 'c');
  for (size_t i = text.size() - 60; i < text.size(); i += 11) text[i] = i % 2 == 0 ? '=' : ';';
  return text + "\r\n\r\n";
}

// 57 bytes and 2 header fields.
inline std::string SmallRequest() {
  return "GET /index.htm HTTP/1.1\r\nHost: example.org\r\nAccept: *\r\n\r\n";
}

inline std::vector<HttpCase> HttpRequestCases() {
  using enum HttpStatus;
  return {
      {"GET / HTTP/1.1\r\n\r\n", kOk},
      {"\r\nGET / HTTP/1.1\r\n\r\n", kOk},
      {"GET / HTTP/1.0\r\nA: b\r\n\r\nbody", kOk},
      {"M-SEARCH * HTTP/1.1\r\nHOST:239.255.255.250:1900\r\nMX:\t 1 \t\r\n\r\n", kOk},
      {"GET /a?b=c#d%20 HTTP/1.1\r\nEmpty:\r\nBlank:   \r\nLast: x\r\n\r\n", kOk},
      {"!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\n!#$%&'*+-.^_`|~09azAZ: v\r\n\r\n", kOk},
      {"GET / HTTP/1.1\r\nValue: \x80\xff \t{}[]()<>@,;:\\\"/?=\r\n\r\n", kOk},
      {"POST /"
       "0123456789012345678901234567890123456789012345678901234567890123456789"
       " HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
       kOk},
      {"", kIncomplete},
      {"\r", kIncomplete},
      {"G", kIncomplete},
      {"GET /", kIncomplete},
      {"GET / HTTP/1.", kIncomplete},
      {"GET / HTTP/1.1\r", kIncomplete},
      {"GET / HTTP/1.1\r\nHost: x\r\n", kIncomplete},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r", kIncomplete},
      {" GET / HTTP/1.1\r\n\r\n", kBadMethod},
      {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", kBadMethod},
      {"\nGET / HTTP/1.1\r\n\r\n", kBadMethod},
      {"G\x01T / HTTP/1.1\r\n\r\n", kBadMethod},
      {"G(T / HTTP/1.1\r\n\r\n", kBadMethod},
      {"GET\t/ HTTP/1.1\r\n\r\n", kBadMethod},
      {"GET  / HTTP/1.1\r\n\r\n", kBadTarget},
      {"GET /\x7f HTTP/1.1\r\n\r\n", kBadTarget},
      {"GET /\xc3\xa4 HTTP/1.1\r\n\r\n", kBadTarget},
      {"GET /\r\n\r\n", kBadTarget},
      {"GET / HTTP/1.2\r\n\r\n", kBadVersion},
      {"GET / HTTP/2.0\r\n\r\n", kBadVersion},
      {"GET / http/1.1\r\n\r\n", kBadVersion},
      {"GET / a HTTP/1.1\r\n\r\n", kBadVersion},
      {"GET / HTTP/1.1 \r\n\r\n", kBadVersion},
      {"GET / HTTP/1.10\r\n\r\n", kBadVersion},
      {"GET / HTTP/1.1\n\n", kBadLineEnd},
      {"GET / HTTP/1.1\r\n\n", kBadLineEnd},
      {"GET / HTTP/1.1\r\rHost: x\r\n\r\n", kBadLineEnd},
      {"GET / HTTP/1.1\r\nHost: x\n\r\n", kBadLineEnd},
      {"GET / HTTP/1.1\r\nHost: x\rInjected: y\r\n\r\n", kBadLineEnd},
      {"GET / HTTP/1.1\r\nHost: x\r\n\rA: b\r\n\r\n", kBadLineEnd},
      {"GET / HTTP/1.1\r\nHost\n\r\n", kBadLineEnd},
      {"GET / HTTP/1.1\r\n: empty\r\n\r\n", kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", kBadHeaderName},
      {"GET / HTTP/1.1\r\nHost\r\n\r\n", kBadHeaderName},
      {"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", kBadHeaderName},
      {"GET / HTTP/1.1\r\nA: b\r\n\tfolded\r\n\r\n", kBadHeaderName},
      {"GET / HTTP/1.1\r\nN\xc3\xa4me: b\r\n\r\n", kBadHeaderName},
      {"GET / HTTP/1.1\r\n\"quoted\": b\r\n\r\n", kBadHeaderName},
      {"GET / HTTP/1.1\r\nA: b\x01\r\n\r\n", kBadHeaderValue},
      {"GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n", kBadHeaderValue},
      {{"GET / HTTP/1.1\r\nA: b\0\r\n\r\n", 24}, kBadHeaderValue},
  };
}

inline std::vector<HttpCase> HttpResponseCases() {
  using enum HttpStatus;
  return {
      {"HTTP/1.1 200 OK\r\n\r\n", kOk},
      {"HTTP/1.0 404 Not Found\r\nServer: z\r\nContent-Length: 0\r\n\r\n", kOk},
      {"HTTP/1.1 204\r\n\r\n", kOk},
      {"HTTP/1.1 204 \r\n\r\n", kOk},
      {"HTTP/1.1 500 \x80\t(tabbed)\r\nA:b\r\n\r\n", kOk},
      {"", kIncomplete},
      {"HTTP/1.1 20", kIncomplete},
      {"HTTP/1.1 200", kIncomplete},
      {"HTTP/1.1 200 OK\r\nA: b\r\n", kIncomplete},
      {"HTTP/1.1\t200 OK\r\n\r\n", kBadVersion},
      {"HTTP/3.1 200 OK\r\n\r\n", kBadVersion},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", kBadVersion},
      {"HTTP/1.1\n200 OK\r\n\r\n", kBadLineEnd},
      {"HTTP/1.1  200 OK\r\n\r\n", kBadStatus},
      {"HTTP/1.1 2000 OK\r\n\r\n", kBadStatus},
      {"HTTP/1.1 2x0 OK\r\n\r\n", kBadStatus},
      {"HTTP/1.1 20\r\n\r\n", kBadStatus},
      {"HTTP/1.1 200\n\n", kBadLineEnd},
      {"HTTP/1.1 200 OK\n\n", kBadLineEnd},
      {"HTTP/1.1 200 O\x02K\r\n\r\n", kBadHeaderValue},
      {"HTTP/1.1 200 OK\r\nBad Name: b\r\n\r\n", kBadHeaderName},
  };
}

}  // namespace zokio::simd::testing

#endif  // ZOKIO_SIMD_TESTING_HTTP_CORPUS_H_
