#include "base/context_switch.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/thread.h"

namespace zokio {
namespace {

constexpr size_t kStackSize = 128 << 10;

// A fiber that runs `body` and hands control back when it says Yield, and at its end.
class Fiber {
 public:
  using Body = void (*)(Fiber&);

  explicit Fiber(Body body) : stack_(new char[kStackSize]), body_(body) {
    MakeContext(self_, stack_.get(), kStackSize, &Main, this);
  }
  ~Fiber() { DestroyContext(self_); }

  void Resume() { SwitchContext(caller_, self_); }
  void Yield() { SwitchContext(self_, caller_); }

  bool done = false;
  int64_t value = 0;

 private:
  static void Main(void* raw) {
    auto& fiber = *static_cast<Fiber*>(raw);
    fiber.body_(fiber);
    fiber.done = true;
    SwitchContextFinal(fiber.self_, fiber.caller_);
  }

  std::unique_ptr<char[]> stack_;
  Body body_;
  ExecutionContext caller_;
  ExecutionContext self_;
};

TEST(ContextSwitch, GoesThereAndBack) {
  Fiber fiber([](Fiber& self) {
    for (int i = 0; i < 1000; ++i) {
      self.value += i;
      self.Yield();
    }
  });
  int64_t expected = 0;
  for (int i = 0; i < 1000; ++i) {
    fiber.Resume();
    expected += i;
    ASSERT_EQ(fiber.value, expected);
    ASSERT_FALSE(fiber.done);
  }
  fiber.Resume();
  EXPECT_TRUE(fiber.done);
}

// More live values than there are callee-saved registers, on both sides.
[[gnu::noinline]] int64_t Churn(uint64_t seed, Fiber* yielding, Fiber* resuming) {
  uint64_t a = seed, b = seed + 1, c = seed + 2, d = seed + 3, e = seed + 4, f = seed + 5;
  double x = static_cast<double>(seed) / 3, y = x + 1;
  for (uint64_t i = 0; i < 100; ++i) {
    a += b ^ i, b += c ^ i, c += d ^ i, d += e ^ i, e += f ^ i, f += a ^ i;
    x = x * 0.5 + y * 0.25 + 1, y = y * 0.25 + x * 0.25;
    if (yielding != nullptr) yielding->Yield();
    if (resuming != nullptr) resuming->Resume();
  }
  a ^= b ^ c ^ d ^ e ^ f ^ static_cast<uint64_t>(x * 1000) ^ static_cast<uint64_t>(y * 1000);
  return static_cast<int64_t>(a >> 1);
}

TEST(ContextSwitch, KeepsRegistersOfBothSides) {
  Fiber fiber([](Fiber& self) { self.value = Churn(77, &self, nullptr); });
  const int64_t mine = Churn(1234, nullptr, &fiber);
  fiber.Resume();
  EXPECT_TRUE(fiber.done);
  EXPECT_EQ(mine, Churn(1234, nullptr, nullptr));
  EXPECT_EQ(fiber.value, Churn(77, nullptr, nullptr));
}

TEST(ContextSwitch, KeepsTheRoundingModeOfEachSide) {
  Fiber fiber([](Fiber& self) {
    std::fesetround(FE_UPWARD);
    self.Yield();
    self.value = std::fegetround();
  });
  fiber.Resume();
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
  fiber.Resume();
  EXPECT_EQ(fiber.value, FE_UPWARD);
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
}

TEST(ContextSwitch, StacksAreAlignedAsTheCallingConventionAsks) {
  Fiber fiber([](Fiber& self) {
    alignas(16) char buffer[16];
    self.value = static_cast<int64_t>(reinterpret_cast<uintptr_t>(buffer) % 16);
    // Formatting a double uses aligned vector stores.
    self.value += std::to_string(0.5) == "0.500000" ? 0 : 1;
  });
  fiber.Resume();
  EXPECT_TRUE(fiber.done);
  EXPECT_EQ(fiber.value, 0);
}

TEST(ContextSwitch, FibersNest) {
  Fiber outer([](Fiber& self) {
    Fiber inner([](Fiber& me) {
      me.value = 5;
      me.Yield();
      me.value = 6;
    });
    inner.Resume();
    self.value = inner.value;
    self.Yield();
    inner.Resume();
    self.value = inner.value;
  });
  outer.Resume();
  EXPECT_EQ(outer.value, 5);
  outer.Resume();
  EXPECT_EQ(outer.value, 6);
  EXPECT_TRUE(outer.done);
}

#if defined(__cpp_exceptions)
TEST(ContextSwitch, ExceptionsAreCaughtOnTheFibersStack) {
  Fiber fiber([](Fiber& self) {
    try {
      self.Yield();
      throw std::string("from a fiber");
    } catch (const std::string& text) {
      self.value = static_cast<int64_t>(text.size());
    }
  });
  fiber.Resume();
  fiber.Resume();
  EXPECT_EQ(fiber.value, 12);
}
#endif

TEST(ContextSwitch, AFiberMovesBetweenThreads) {
  Fiber fiber([](Fiber& self) {
    for (int i = 0; i < 20; ++i) {
      ++self.value;
      self.Yield();
    }
  });
  for (int i = 1; i <= 20; ++i) {
    Thread thread = Thread::Start("runner", [&] { fiber.Resume(); }).value();
    thread.Join();
    ASSERT_EQ(fiber.value, i);
  }
  fiber.Resume();
  EXPECT_TRUE(fiber.done);
}

TEST(ContextSwitch, ManyFibersTakeTurns) {
  std::vector<std::unique_ptr<Fiber>> fibers;
  for (int i = 0; i < 100; ++i) {
    fibers.push_back(std::make_unique<Fiber>([](Fiber& self) {
      while (self.value < 10) {
        ++self.value;
        self.Yield();
      }
    }));
  }
  for (int round = 1; round <= 10; ++round) {
    for (auto& fiber : fibers) {
      fiber->Resume();
      ASSERT_EQ(fiber->value, round);
    }
  }
  for (auto& fiber : fibers) {
    fiber->Resume();
    EXPECT_TRUE(fiber->done);
  }
}

}  // namespace
}  // namespace zokio
