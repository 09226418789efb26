#include "tools/compare/bare/request_counter.h"

#include <gtest/gtest.h>

#include <string>

namespace zokio::compare {
namespace {

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(RequestCounterTest, CountsWholeRequests) {
  RequestCounter counter;
  EXPECT_EQ(counter.Feed(kRequest), 1u);
  EXPECT_EQ(counter.Feed(std::string(kRequest) + std::string(kRequest)), 2u);
  EXPECT_EQ(counter.Feed(""), 0u);
}

TEST(RequestCounterTest, CountsTheSameHoweverTheStreamIsCut) {
  const std::string stream = std::string(kRequest) + std::string(kRequest) + std::string(kRequest);
  for (size_t first = 0; first <= stream.size(); ++first) {
    for (size_t second = first; second <= stream.size(); ++second) {
      RequestCounter counter;
      const std::string_view view(stream);
      const unsigned count = counter.Feed(view.substr(0, first)) +
                             counter.Feed(view.substr(first, second - first)) +
                             counter.Feed(view.substr(second));
      ASSERT_EQ(count, 3u) << "cut at " << first << " and " << second;
    }
  }
}

TEST(RequestCounterTest, IsNotFooledByHalfEnds) {
  RequestCounter counter;
  EXPECT_EQ(counter.Feed("a\r\n\rb\r\nc\n\r\n"), 0u);
  EXPECT_EQ(counter.Feed("\r\n"), 1u);
  EXPECT_EQ(counter.Feed("\r\r\n\r\n"), 1u);
}

}  // namespace
}  // namespace zokio::compare
