// Races on, and late uses of, memory that nobody annotated: found by the compiler's
// instrumentation, in the code under test as it is.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/check.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "tools/model/model.h"

namespace zokio::model {
namespace {

Thread Go(std::function<void()> body) { return Thread::Start("other", std::move(body)).value(); }

void Publish(memory_order store) {
  Atomic<bool> ready{false};
  int data = 0;
  Thread other = Go([&] {
    data = 42;
    ready.store(true, store);
  });
  if (ready.load(memory_order_acquire)) ZOKIO_CHECK(data == 42, "published");
}

TEST(PlainAccess, PublishedByReleaseIsNoRace) {
  const Report report = Explore({.name = "plain, release"}, [] { Publish(memory_order_release); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(PlainAccess, PublishedByRelaxedIsARaceWithBothLines) {
  const Report report = Explore({.name = "plain, relaxed"}, [] { Publish(memory_order_relaxed); });
  EXPECT_EQ(report.verdict, Verdict::kDataRace);
  EXPECT_NE(report.message.find("plain_access_test.cc:25"), std::string::npos) << report;
  EXPECT_NE(report.message.find("plain_access_test.cc:28"), std::string::npos) << report;
}

// Neighbours in one word are different memory locations.
TEST(PlainAccess, NeighbouringBytesDoNotRace) {
  const Report report = Explore({.name = "plain, neighbours"}, [] {
    char bytes[4] = {};
    volatile char* left = &bytes[0];
    volatile char* right = &bytes[1];
    Thread other = Go([=] { *left = 1; });
    *right = 2;
    other.Join();
    ZOKIO_CHECK(bytes[0] == 1 && bytes[1] == 2, "both are there");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(PlainAccess, LocksOrder) {
  const auto body = [](bool locked) {
    Mutex mutex;
    std::vector<int> values;
    auto add = [&](int value) {
      if (locked) mutex.Lock();
      values.push_back(value);
      if (locked) mutex.Unlock();
    };
    {
      Thread other = Go([&] { add(1); });
      add(2);
    }
    ZOKIO_CHECK(values.size() == 2, "both are there");
  };
  const Report locked = Explore({.name = "plain, locked"}, [&] { body(true); });
  EXPECT_TRUE(locked.Proven()) << locked;
  const Report free = Explore({.name = "plain, not locked"}, [&] { body(false); });
  EXPECT_FALSE(free.Passed()) << free;
}

TEST(PlainAccess, UseAfterFree) {
  const auto body = [](bool early) {
    Atomic<int> done{0};
    int* value = new int(5);
    Thread other = Go([&] {
      ZOKIO_CHECK(*value == 5, "alive");
      done.store(1, memory_order_release);
    });
    if (!early) other.Join();
    delete value;
  };
  const Report late = Explore({.name = "plain, freed after the join"}, [&] { body(false); });
  EXPECT_TRUE(late.Proven()) << late;
  const Report early = Explore({.name = "plain, freed too early"}, [&] { body(true); });
  EXPECT_TRUE(early.verdict == Verdict::kUseAfterFree || early.verdict == Verdict::kDataRace)
      << early;
}

// The standard library's own reference counts order what they must.
TEST(PlainAccess, SharedPointersAreUnderstood) {
  const Report report = Explore({.name = "plain, shared_ptr"}, [] {
    auto text = std::make_shared<std::string>("a text that is too long for the small buffer");
    Thread other = Go([copy = text] { ZOKIO_CHECK(copy->size() == 44, "text"); });
    text.reset();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// gcc leaves memcpy and memset to the sanitizer's interceptors, which are not here.
#if defined(__clang__)
TEST(PlainAccess, BlockCopiesAreSeen) {
  const Report report = Explore({.name = "plain, memcpy"}, [] {
    struct Big {
      char bytes[100];
    };
    Big from{};
    Big to{};
    Thread other = Go([&] { std::memcpy(&to, &from, sizeof to); });
    std::memset(&to, 1, sizeof to);
  });
  EXPECT_EQ(report.verdict, Verdict::kDataRace) << report;
}
#endif

}  // namespace
}  // namespace zokio::model
