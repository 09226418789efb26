// A timer that fires and is cancelled at once, under the model checker: the entry may be freed
// after Cancel returned or `fired` was seen, and the waker is called or dropped, exactly once.
#include <gtest/gtest.h>

#include <memory>

#include "base/atomic.h"
#include "base/check.h"
#include "base/thread.h"
#include "sched/timer_wheel.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

class FixedClock final : public Clock {
 public:
  Instant Now() const override { return Instant(Duration(0)); }
};

// A waker that owns one share: it ends by a wake or by a drop.
struct Target {
  Atomic<int> wakes{0};
  Atomic<int> shares{0};

  Waker Make() { return Clone(this); }
  static Waker Clone(void* data) {
    static_cast<Target*>(data)->shares.fetch_add(1, memory_order_relaxed);
    return Waker(&kVtable, data);
  }
  static void WakeByRef(void* data) {
    static_cast<Target*>(data)->wakes.fetch_add(1, memory_order_relaxed);
  }
  static void Wake(void* data) {
    WakeByRef(data);
    Drop(data);
  }
  static void Drop(void* data) {
    static_cast<Target*>(data)->shares.fetch_sub(1, memory_order_relaxed);
  }
  static constexpr WakerVtable kVtable{&Clone, &Wake, &WakeByRef, &Drop};
};

constexpr Instant kSoon = Instant(TimerWheel::kTick);

// The owner lets time pass; `use` runs on another thread with an entry that is set and ends it.
template <typename Use>
void FireBeside(Use use) {
  FixedClock clock;
  auto wheel = std::make_unique<TimerWheel>(clock);
  auto first = std::make_unique<Target>();
  auto second = std::make_unique<Target>();
  auto* entry = new TimerEntry;
  entry->deadline = kSoon;
  entry->waker = first->Make();
  wheel->Set(entry);
  Thread other = Thread::Start("task", [&] { use(*wheel, entry, *second); }).value();
  wheel->Advance(kSoon + 2 * TimerWheel::kTick);
  other.Join();
  ZOKIO_CHECK(wheel->size() == 0, "nothing is left in the wheel");
  ZOKIO_CHECK(first->shares.load(memory_order_relaxed) == 0, "the first waker's share ended");
  ZOKIO_CHECK(second->shares.load(memory_order_relaxed) == 0, "the second waker's share ended");
  ZOKIO_CHECK(
      first->wakes.load(memory_order_relaxed) + second->wakes.load(memory_order_relaxed) <= 1,
      "a timer fires once");
}

TEST(TimerWheelModel, CancelThenFree) {
  const model::Report report = model::Explore({.name = "timer, cancel"}, [] {
    FireBeside([](TimerWheel& wheel, TimerEntry* entry, Target&) {
      wheel.Cancel(entry);
      delete entry;
    });
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(TimerWheelModel, WhoSeesItFiredMayFreeIt) {
  const model::Report report = model::Explore({.name = "timer, fired or cancelled"}, [] {
    FireBeside([](TimerWheel& wheel, TimerEntry* entry, Target&) {
      if (!entry->fired.load(memory_order_acquire)) wheel.Cancel(entry);
      delete entry;
    });
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(TimerWheelModel, UpdateThenCancel) {
  const model::Report report = model::Explore({.name = "timer, update, cancel"}, [] {
    FireBeside([](TimerWheel& wheel, TimerEntry* entry, Target& second) {
      const bool fired = [&] {
        Waker waker = second.Make();
        return wheel.UpdateWaker(entry, waker);
      }();
      if (fired) {
        // UpdateWaker may say so while `fired` is still to be set: only Cancel or `fired` free.
        if (!entry->fired.load(memory_order_acquire)) wheel.Cancel(entry);
      } else {
        wheel.Cancel(entry);
      }
      delete entry;
    });
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
