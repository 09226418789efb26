#include "examples/http/session.h"

#include "examples/http/http_date.h"
#include "gtest/gtest.h"

namespace zokio::http {
namespace {

class TestHost final : public SessionHost {
 public:
  std::string_view Date() const override { return "Sun, 06 Nov 1994 08:49:37 GMT"; }
  std::string Stats() const override { return "stats\n"; }
  bool stopping() const override { return draining; }
  bool draining = false;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kHello =
    "HTTP/1.1 200 OK\r\nServer: zokio\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!";

std::string Repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(HttpDateTest, WritesDatesAsTheStandardWants) {
  struct Row {
    std::time_t seconds;
    const char* text;
  };
  const Row rows[] = {{784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
                      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
                      {951782399, "Mon, 28 Feb 2000 23:59:59 GMT"},
                      {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"}};
  for (const Row& row : rows) {
    EXPECT_EQ(HttpDate(row.seconds), row.text);
    EXPECT_EQ(HttpDate(row.seconds), row.text);  // from the cache
  }
}

TEST(HttpDateTest, KeepsTheLastDateRatherThanAYearOfFiveDigits) {
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(253402300800), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(SessionTest, AnswersARequest) {
  TestHost host;
  Session session(host);
  std::string out;
  EXPECT_TRUE(session.Receive(kGet, out));
  EXPECT_EQ(out, kHello);
  EXPECT_TRUE(session.idle());
}

TEST(SessionTest, AnswersPipelinedRequestsInOneGo) {
  TestHost host;
  Session session(host);
  std::string out;
  EXPECT_TRUE(session.Receive(Repeat(kGet, 50), out));
  EXPECT_EQ(out, Repeat(kHello, 50));
  EXPECT_EQ(session.requests(), 50u);
}

TEST(SessionTest, AnswersTheSameHoweverTheBytesAreSplit) {
  TestHost host;
  std::string input = Repeat(kGet, 2) +
                      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345" +
                      std::string(kGet);
  std::string whole;
  Session(host).Receive(input, whole);
  for (size_t piece = 1; piece < input.size(); ++piece) {
    Session session(host);
    std::string out;
    for (size_t at = 0; at < input.size(); at += piece) {
      ASSERT_TRUE(session.Receive(std::string_view(input).substr(at, piece), out));
    }
    ASSERT_EQ(out, whole) << piece;
    ASSERT_EQ(session.requests(), 4u);
    ASSERT_TRUE(session.idle());
  }
}

TEST(SessionTest, ClosesWhenAskedAndAfterErrors) {
  struct Row {
    const char* input;
    const char* status;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 "},
      {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 "},
      {"garbage\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505 "},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 501 "},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", "HTTP/1.1 413 "},
  };
  TestHost host;
  for (const Row& row : rows) {
    Session session(host);
    std::string out;
    EXPECT_FALSE(session.Receive(row.input, out)) << row.input;
    EXPECT_TRUE(out.starts_with(row.status)) << out;
    EXPECT_NE(out.find("Connection: close\r\n"), std::string::npos) << out;
  }
}

TEST(SessionTest, TellsAnOldClientThatTheConnectionIsKept) {
  TestHost host;
  Session session(host);
  std::string out;
  EXPECT_TRUE(session.Receive("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", out));
  EXPECT_NE(out.find("\r\nConnection: keep-alive\r\n"), std::string::npos) << out;
}

TEST(SessionTest, RoutesAndMethods) {
  TestHost host;
  Session session(host);
  std::string out;
  EXPECT_TRUE(session.Receive("GET /none HTTP/1.1\r\nHost: x\r\n\r\n", out));
  EXPECT_TRUE(out.starts_with("HTTP/1.1 404 ")) << out;
  out.clear();
  EXPECT_TRUE(session.Receive("PUT / HTTP/1.1\r\nHost: x\r\n\r\n", out));
  EXPECT_TRUE(out.starts_with("HTTP/1.1 405 ")) << out;
  EXPECT_NE(out.find("Allow: GET, HEAD\r\n"), std::string::npos);
  out.clear();
  EXPECT_TRUE(session.Receive("GET /stats HTTP/1.1\r\nHost: x\r\n\r\n", out));
  EXPECT_TRUE(out.ends_with("\r\n\r\nstats\n")) << out;
  out.clear();
  EXPECT_TRUE(session.Receive("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", out));
  EXPECT_TRUE(out.ends_with("Content-Length: 13\r\n\r\n")) << out;
}

TEST(SessionTest, ContinuesABodyThatWaitsForIt) {
  TestHost host;
  Session session(host);
  std::string out;
  EXPECT_TRUE(session.Receive(
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n", out));
  EXPECT_TRUE(out.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 ")) << out;
  EXPECT_FALSE(session.idle());
  out.clear();
  EXPECT_TRUE(session.Receive("abc", out));
  EXPECT_TRUE(session.idle());
}

TEST(SessionTest, LimitsAHeadThatNeverEnds) {
  TestHost host;
  Session session(host);
  std::string out;
  EXPECT_TRUE(session.Receive("GET / HTTP/1.1\r\n", out));
  bool open = true;
  for (int i = 0; open && i < 2000; ++i) open = session.Receive("X: 1234567890\r\n", out);
  EXPECT_FALSE(open);
  EXPECT_TRUE(out.starts_with("HTTP/1.1 431 ")) << out;
}

TEST(SessionTest, TimesOutARequestButNotTheSilenceBetween) {
  TestHost host;
  Session session(host);
  std::string out;
  session.TimeOut(out);
  EXPECT_EQ(out, "");
  EXPECT_TRUE(session.Receive("GET / HT", out));
  session.TimeOut(out);
  EXPECT_TRUE(out.starts_with("HTTP/1.1 408 ")) << out;
}

TEST(SessionTest, ClosesConnectionsWhileDraining) {
  TestHost host;
  Session session(host);
  host.draining = true;
  std::string out;
  EXPECT_FALSE(session.Receive(kGet, out));
  EXPECT_NE(out.find("Connection: close\r\n"), std::string::npos);
}

}  // namespace
}  // namespace zokio::http
