// The production Parker under the model checker: its state machine on a modelled futex.
#include <gtest/gtest.h>

#include "base/atomic.h"
#include "base/check.h"
#include "base/parker.h"
#include "base/thread.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

constexpr Instant kSometime = Instant(Duration(1));

// Two threads unpark; what each did before is seen after the parks that took their tokens.
TEST(ParkerModel, NoTokenIsLost) {
  const model::Report report = model::Explore({.name = "parker, two unparks"}, [] {
    FutexParker parker;
    Atomic<int> work{0};
    auto unpark = [&] {
      work.fetch_add(1, memory_order_relaxed);
      parker.Unpark();
    };
    Thread first = Thread::Start("first", unpark).value();
    Thread second = Thread::Start("second", unpark).value();
    while (work.load(memory_order_relaxed) < 2) parker.Park();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(ParkerModel, ATokenPublishes) {
  const model::Report report = model::Explore({.name = "parker, publication"}, [] {
    FutexParker parker;
    int data = 0;
    Thread other = Thread::Start("other", [&] {
                     data = 5;
                     parker.Unpark();
                   }).value();
    parker.Park();
    ZOKIO_CHECK(data == 5, "seen");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// A park with a time limit takes the token or leaves it for the next park: never half.
TEST(ParkerModel, ATimeLimitKeepsTheToken) {
  const model::Report report = model::Explore({.name = "parker, time limit"}, [] {
    FutexParker parker;
    Thread other = Thread::Start("other", [&] { parker.Unpark(); }).value();
    if (!parker.ParkUntil(kSometime)) parker.Park();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// A look takes nothing: who looks and then parks gets the token once, with what came before it.
TEST(ParkerModel, ALookLeavesTheToken) {
  const model::Report report = model::Explore({.name = "parker, a look"}, [] {
    FutexParker parker;
    int data = 0;
    Thread other = Thread::Start("other", [&] {
                     data = 5;
                     parker.Unpark();
                   }).value();
    const bool seen = parker.HasToken();
    const bool again = parker.HasToken();
    ZOKIO_CHECK(again || !seen, "it stays");
    parker.Park();
    ZOKIO_CHECK(data == 5, "seen");
    ZOKIO_CHECK(!parker.HasToken(), "taken");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(ParkerModel, TokensDoNotAddUp) {
  const model::Report report = model::Explore({.name = "parker, tokens"}, [] {
    FutexParker parker;
    parker.Unpark();
    parker.Unpark();
    parker.Park();
    ZOKIO_CHECK(!parker.ParkUntil(kSometime), "one token only");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
