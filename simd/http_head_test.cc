#include "simd/http_head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "simd/find.h"
#include "simd/testing/http_compare.h"
#include "simd/testing/http_corpus.h"
#include "simd/testing/kernel_test.h"

namespace zokio::simd {
namespace {

using testing::CompareRequest;
using testing::CompareResponse;
using testing::Generator;
using testing::GuardedBuffer;

class HttpHeadTest : public testing::KernelTest {
 protected:
  std::span<uint8_t> Guarded(std::string_view text) {
    const std::span<uint8_t> copy = buffer_.Last(text.size());
    std::copy(text.begin(), text.end(), copy.begin());
    return copy;
  }
  HttpStatus Request(std::string_view text) {
    return ParseHttpRequest(Guarded(text), HttpLimits(), headers_, request_);
  }
  HttpStatus Response(std::string_view text) {
    return ParseHttpResponse(Guarded(text), HttpLimits(), headers_, response_);
  }

  GuardedBuffer buffer_{16384};
  std::array<HttpHeader, 64> headers_;
  HttpRequestHead request_;
  HttpResponseHead response_;
};
ZOKIO_SIMD_FOR_EACH_TARGET(HttpHeadTest);

TEST_P(HttpHeadTest, ABrowserRequestComesApart) {
  const std::string text = testing::BrowserRequest();
  ASSERT_EQ(text.size(), 703u);
  ASSERT_EQ(ParseHttpRequest(AsBytes(text), HttpLimits(), headers_, request_), HttpStatus::kOk);
  EXPECT_EQ(request_.method, "GET");
  EXPECT_EQ(request_.target, "/wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg");
  EXPECT_EQ(request_.minor_version, 1u);
  EXPECT_EQ(request_.head_bytes, 703u);
  ASSERT_EQ(request_.header_count, 9u);
  EXPECT_EQ(headers_[0].Name(text), "Host");
  EXPECT_EQ(headers_[0].Value(text), "www.kittyhell.com");
  EXPECT_EQ(headers_[2].Value(text),
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
  EXPECT_EQ(headers_[8].Name(text), "Cookie");
  EXPECT_EQ(headers_[8].Value(text).size(), text.size() - 4 - headers_[8].value_offset);
}

TEST_P(HttpHeadTest, ASmallRequestAndAResponseComeApart) {
  const std::string text = testing::SmallRequest();
  ASSERT_EQ(text.size(), 57u);
  ASSERT_EQ(ParseHttpRequest(AsBytes(text), HttpLimits(), headers_, request_), HttpStatus::kOk);
  EXPECT_EQ(request_.target, "/index.htm");
  ASSERT_EQ(request_.header_count, 2u);
  EXPECT_EQ(headers_[1].Value(text), "*");

  const std::string_view answer = "HTTP/1.0 404 Not  Found \r\nA:\t b c \t\r\n\r\nbody";
  ASSERT_EQ(ParseHttpResponse(AsBytes(answer), HttpLimits(), headers_, response_), HttpStatus::kOk);
  EXPECT_EQ(response_.status_code, 404u);
  EXPECT_EQ(response_.minor_version, 0u);
  EXPECT_EQ(response_.reason, "Not  Found ");
  EXPECT_EQ(headers_[0].Value(answer), "b c");
  EXPECT_EQ(answer.substr(response_.head_bytes), "body");
}

TEST_P(HttpHeadTest, TheCorpusGetsTheStatusItShould) {
  for (const testing::HttpCase& c : testing::HttpRequestCases()) {
    EXPECT_EQ(Request(c.text), c.status) << c.text;
    EXPECT_EQ(CompareRequest(Guarded(c.text), HttpLimits()), "") << c.text;
  }
  for (const testing::HttpCase& c : testing::HttpResponseCases()) {
    EXPECT_EQ(Response(c.text), c.status) << c.text;
    EXPECT_EQ(CompareResponse(Guarded(c.text), HttpLimits()), "") << c.text;
  }
}

TEST_P(HttpHeadTest, EveryPrefixOfAValidHeadIsIncomplete) {
  std::vector<std::string> requests = {testing::BrowserRequest(), testing::SmallRequest()};
  for (const testing::HttpCase& c : testing::HttpRequestCases()) {
    if (c.status == HttpStatus::kOk) requests.emplace_back(c.text);
  }
  for (const std::string& text : requests) {
    ASSERT_EQ(Request(text), HttpStatus::kOk);
    const size_t head = request_.head_bytes;
    for (size_t size = 0; size < head; ++size) {
      ASSERT_EQ(Request(text.substr(0, size)), HttpStatus::kIncomplete) << size << " " << text;
    }
  }
  for (const testing::HttpCase& c : testing::HttpResponseCases()) {
    if (c.status != HttpStatus::kOk) continue;
    for (size_t size = 0; size < c.text.size(); ++size) {
      ASSERT_EQ(Response(c.text.substr(0, size)), HttpStatus::kIncomplete);
    }
  }
}

TEST_P(HttpHeadTest, EveryByteReplacedByEveryClassOfByteAgreesWithTheReference) {
  constexpr std::string_view kReplacements("\0\t\n\r\x1f !:a\x7f\x80\xff", 12);
  for (std::string text : {testing::BrowserRequest(), testing::SmallRequest()}) {
    for (size_t at = 0; at < text.size(); ++at) {
      const char before = text[at];
      for (const char replacement : kReplacements) {
        text[at] = replacement;
        ASSERT_EQ(CompareRequest(Guarded(text), HttpLimits()), "") << at;
      }
      text[at] = before;
    }
  }
}

TEST_P(HttpHeadTest, NamesAndValuesOfEveryLengthAgreeWithTheReference) {
  for (size_t name = 1; name < 200; name += name < 70 ? 1 : 9) {
    for (size_t value = 0; value < 270; value += value < 140 ? 3 : 17) {
      const std::string text = "GET /" + std::string(name, 't') + " HTTP/1.1\r\n" +
                               std::string(name, 'n') + ":" + std::string(name % 5, ' ') +
                               std::string(value, 'v') + "\r\nX: y\r\n\r\n";
      ASSERT_EQ(Request(text), HttpStatus::kOk);
      ASSERT_EQ(request_.header_count, 2u);
      ASSERT_EQ(headers_[0].name_size, name);
      ASSERT_EQ(headers_[0].value_size, value);
      ASSERT_EQ(CompareRequest(Guarded(text), HttpLimits()), "");
    }
  }
}

TEST_P(HttpHeadTest, LongRequestLinesWithFaultsAgreeWithTheReference) {
  for (const size_t size : {10, 63, 64, 120, 128, 129, 500, 1100, 2000, 3000}) {
    const std::string target(size, 't');
    for (const char* end :
         {" HTTP/1.1\r\nA: b\r\n\r\n", " HTTP/1.2\r\n\r\n", "\x7f HTTP/1.1\r\n\r\n",
          " HTTP/1.1\n\n", "\tHTTP/1.1\r\n\r\n", "\r\n", " HTTP/1.1", ""}) {
      ASSERT_EQ(CompareRequest(Guarded("GET /" + target + end), HttpLimits()), "") << size << end;
      ASSERT_EQ(CompareRequest(Guarded(target + " /" + target + end), HttpLimits()), "");
      ASSERT_EQ(CompareRequest(Guarded(target + end), HttpLimits()), "") << size << end;
      const std::string name = "GET / HTTP/1.1\r\n" + target + ":" + target + end;
      ASSERT_EQ(CompareRequest(Guarded(name), HttpLimits()), "") << size << end;
      ASSERT_EQ(CompareRequest(Guarded(name + ":\t\tx\t\r\n\r\n"), HttpLimits()), "") << size;
    }
  }
}

TEST_P(HttpHeadTest, TabsAndControlsAtEveryOffsetOfAWindowAgreeWithTheReference) {
  for (const char* piece : {"\t", "\t\t", "\t\r\n", "\t\x01", "\x01\x01", "\r\n\t", "\r\r\n",
                            "\t\t\r\n\r\n", "\r\n\r\n", "\r\n\x01: a\r\n", "\t\x7f\r\n"}) {
    for (size_t before = 0; before < 1300; before += before < 160 || before > 1100 ? 1 : 17) {
      const std::string text =
          "GET / HTTP/1.1\r\nA: " + std::string(before, 'v') + piece + "tail\r\nB: c\r\n\r\n";
      ASSERT_EQ(CompareRequest(Guarded(text), HttpLimits()), "") << before;
      ASSERT_EQ(CompareResponse(Guarded("HTTP/1.1 200 " + text.substr(16)), HttpLimits()), "");
    }
  }
}

TEST_P(HttpHeadTest, RandomTextOfHttpPiecesAgreesWithTheReference) {
  constexpr std::string_view kPieces[] = {
      "GET ",
      "/",
      " ",
      "HTTP/1.1",
      "HTTP/1.0",
      "\r\n",
      "\r\n",
      "\r\n\r\n",
      "Host",
      ": ",
      ":",
      "\t",
      "\r",
      "\n",
      "value",
      "\x80",
      "\x7f",
      "Content-Length: 10\r\n",
      "200 OK",
      "HTTP/1.1 ",
      "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789"};
  Generator random(1);
  size_t complete = 0;
  for (int round = 0; round < 15000; ++round) {
    std::string text;
    if (random.Below(4) != 0) text = "GET / HTTP/1.1\r\n";
    const size_t pieces = random.Below(12);
    for (size_t i = 0; i < pieces; ++i) {
      if (random.Below(2) == 0) text += "Name: value, value\r\n";
      if (random.Below(3) == 0) text += kPieces[random.Below(std::size(kPieces))];
    }
    if (random.Below(2) == 0) text += "\r\n";
    ASSERT_EQ(CompareRequest(Guarded(text), HttpLimits()), "") << text;
    ASSERT_EQ(CompareResponse(Guarded("HTTP/1.1 2" + text), HttpLimits()), "") << text;
    complete += Request(text) == HttpStatus::kOk ? 1 : 0;
  }
  EXPECT_GT(complete, 1000u);
}

TEST_P(HttpHeadTest, LimitsHold) {
  const std::string text = "GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\nnext";
  for (size_t limit = 0; limit < text.size() + 3; ++limit) {
    const HttpLimits limits = {.head_bytes_max = limit};
    const HttpStatus status = ParseHttpRequest(Guarded(text), limits, headers_, request_);
    EXPECT_EQ(status, limit < text.size() - 4 ? HttpStatus::kTooLarge : HttpStatus::kOk) << limit;
    EXPECT_EQ(CompareRequest(Guarded(text), limits), "");
  }
  for (size_t room = 0; room < 4; ++room) {
    EXPECT_EQ(
        ParseHttpRequest(Guarded(text), HttpLimits(), std::span(headers_).first(room), request_),
        room < 2 ? HttpStatus::kTooManyHeaders : HttpStatus::kOk);
    EXPECT_EQ(CompareRequest(Guarded(text), HttpLimits(), room), "");
  }
}

TEST_P(HttpHeadTest, PipelinedHeadsAreTakenOneByOne) {
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += i % 5 == 0 ? testing::BrowserRequest() : testing::SmallRequest();
  std::span<const uint8_t> rest = Guarded(text);
  int heads = 0;
  while (!rest.empty()) {
    ASSERT_EQ(ParseHttpRequest(rest, HttpLimits(), headers_, request_), HttpStatus::kOk);
    ASSERT_EQ(request_.head_bytes, heads % 5 == 0 ? 703u : 57u);
    rest = rest.subspan(request_.head_bytes);
    ++heads;
  }
  EXPECT_EQ(heads, 40);
}

}  // namespace
}  // namespace zokio::simd
