#include "examples/http/request_head.h"

#include <string>

#include "gtest/gtest.h"

namespace zokio::http {
namespace {

HeadStatus Parse(std::string_view text, RequestHead* out = nullptr) {
  RequestHead head;
  HeadStatus status = ParseRequestHead(text, head);
  RequestHead plain;
  EXPECT_EQ(ParseRequestHeadPlainly(text, plain), status) << text;
  EXPECT_EQ(plain.target, head.target) << text;
  EXPECT_EQ(plain.keep_alive, head.keep_alive) << text;
  EXPECT_EQ(plain.content_bytes, head.content_bytes) << text;
  EXPECT_EQ(plain.head_bytes, head.head_bytes) << text;
  if (out != nullptr) *out = head;
  return status;
}

constexpr std::string_view kGet =
    "GET /a/b?c HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n";

TEST(RequestHeadTest, ReadsASimpleRequest) {
  RequestHead head;
  ASSERT_EQ(Parse(kGet, &head), HeadStatus::kComplete);
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/a/b?c");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.content_bytes, 0u);
  EXPECT_EQ(head.head_bytes, kGet.size());
}

TEST(RequestHeadTest, EveryPrefixIsIncomplete) {
  for (size_t size = 0; size < kGet.size(); ++size) {
    EXPECT_EQ(Parse(kGet.substr(0, size)), HeadStatus::kIncomplete) << size;
  }
}

TEST(RequestHeadTest, StopsAtTheEndOfTheFirstOfSeveral) {
  std::string two = std::string(kGet) + std::string(kGet);
  RequestHead head;
  ASSERT_EQ(Parse(two, &head), HeadStatus::kComplete);
  EXPECT_EQ(head.head_bytes, kGet.size());
}

TEST(RequestHeadTest, ReadsWhatDecidesTheConnection) {
  RequestHead head;
  Parse("GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n", &head);
  EXPECT_FALSE(head.keep_alive);
  Parse("GET / HTTP/1.0\r\n\r\n", &head);
  EXPECT_FALSE(head.keep_alive);
  Parse("GET / HTTP/1.0\r\nconnection: foo, Keep-Alive\r\n\r\n", &head);
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHeadTest, ReadsWhatDecidesTheBody) {
  RequestHead head;
  ASSERT_EQ(Parse("POST / HTTP/1.1\r\nHost: x\r\ncontent-length:  12 \r\nExpect: 100-continue"
                  "\r\n\r\n",
                  &head),
            HeadStatus::kComplete);
  EXPECT_EQ(head.content_bytes, 12u);
  EXPECT_TRUE(head.expects_continue);
  ASSERT_EQ(Parse("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", &head),
            HeadStatus::kComplete);
  EXPECT_TRUE(head.chunked);
}

TEST(RequestHeadTest, SkipsEmptyLinesBeforeARequestAndTakesBareLineFeeds) {
  RequestHead head;
  EXPECT_EQ(Parse("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", &head), HeadStatus::kComplete);
  EXPECT_EQ(Parse("GET / HTTP/1.1\nHost: x\n\n", &head), HeadStatus::kComplete);
}

TEST(RequestHeadTest, RefusesMalformedHeads) {
  const char* bad[] = {
      "GET\r\n\r\n",
      "GET /\r\n\r\n",
      "GET  HTTP/1.1\r\n\r\n",
      " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "G\x01T / HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTX/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",  // no Host
      "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nNoColon\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : x\r\n\r\n",  // space before the colon
      "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n: v\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999999\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
  };
  for (const char* text : bad) EXPECT_EQ(Parse(text), HeadStatus::kBadRequest) << text;
  EXPECT_EQ(Parse("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), HeadStatus::kBadVersion);
}

TEST(RequestHeadTest, TakesBytesInTargetsThatTheTokeniserRefuses) {
  RequestHead head;
  ASSERT_EQ(Parse("GET /\xC3\xA9 HTTP/1.1\r\nHost: x\r\n\r\n", &head), HeadStatus::kComplete);
  EXPECT_EQ(head.target, "/\xC3\xA9");
}

TEST(RequestHeadTest, AnEmbeddedZeroIsRefused) {
  std::string text = "GET / HTTP/1.1\r\nHost: x\r\nA: b";
  text.push_back('\0');
  text += "\r\n\r\n";
  EXPECT_EQ(Parse(text), HeadStatus::kBadRequest);
}

TEST(RequestHeadTest, LimitsTheHead) {
  std::string long_target = "GET /" + std::string(kHeadBytesMax, 'a');
  EXPECT_EQ(Parse(long_target), HeadStatus::kTooLarge);
  EXPECT_EQ(Parse(long_target + " HTTP/1.1\r\nHost: x\r\n\r\n"), HeadStatus::kTooLarge);
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < kHeaderCountMax; ++i) many += "A: b\r\n";
  EXPECT_EQ(Parse(many + "\r\n"), HeadStatus::kTooLarge);
}

}  // namespace
}  // namespace zokio::http
