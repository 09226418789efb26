// The two protocols of wake.pml and deque.pml once more, for the model checker: agreement.sh runs
// both tools and compares their verdicts.
//
//   agreement wake|deque correct|broken     prints "fault" or "no fault"
#include <cstdio>
#include <cstring>

#include "base/atomic.h"
#include "base/check.h"
#include "base/mutex.h"
#include "base/parker.h"
#include "base/thread.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

Thread Go(const char* name, std::function<void()> body) {
  return Thread::Start(name, std::move(body)).value();
}

void Wake(bool broken) {
  constexpr int kTasks = 2;
  Atomic<int> queue{0};
  Atomic<int> parked{0};
  Parker parker;
  Thread pusher = Go("pusher", [&] {
    for (int i = 0; i < kTasks; ++i) {
      queue.fetch_add(1);
      if (parked.exchange(0) == 1) parker.Unpark();
    }
  });
  int ran = 0;
  while (ran < kTasks) {
    int waiting = queue.load();
    if (waiting > 0 && queue.compare_exchange_strong(waiting, waiting - 1)) {
      ++ran;
      continue;
    }
    parked.store(1);
    if (!broken && queue.load() > 0) {
      parked.store(0);  // a token that came meanwhile stays for the next sleep
      continue;
    }
    parker.Park();
    parked.store(0);
  }
}

void Deque(bool broken) {
  constexpr int kElements = 2;
  Atomic<int> top{0};
  Atomic<int> bottom{kElements};
  Atomic<int> taken[kElements];
  auto take = [&](int element) {
    ZOKIO_CHECK(taken[element].fetch_add(1) == 0, "an element is taken once");
  };
  {
    Thread thieves[2];
    for (Thread& thief : thieves) {
      thief = Go("thief", [&] {
        int t = top.load();
        if (t >= bottom.load()) return;
        const int element = t;
        if (top.compare_exchange_strong(t, t + 1)) take(element);
      });
    }
    for (int pops = 0; pops < kElements; ++pops) {
      const int b = bottom.load() - 1;
      bottom.store(b);
      int t = top.load();
      if (t > b) {
        bottom.store(b + 1);
      } else if (t < b) {
        take(b);
      } else {
        if (broken || top.compare_exchange_strong(t, t + 1)) take(b);
        bottom.store(b + 1);
      }
    }
  }
  if (broken) return;
  for (const Atomic<int>& count : taken) ZOKIO_CHECK(count.load() == 1, "no element is lost");
}

}  // namespace
}  // namespace zokio

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const bool broken = std::strcmp(argv[2], "broken") == 0;
  const bool wake = std::strcmp(argv[1], "wake") == 0;
  const zokio::model::Report report = zokio::model::Explore({.name = argv[1], .print = false}, [&] {
    wake ? zokio::Wake(broken) : zokio::Deque(broken);
  });
  std::fprintf(stderr, "%s\n", report.Summary().c_str());
  if (report.Passed() && !report.complete) return 3;
  std::puts(report.Passed() ? "no fault" : "fault");
  return 0;
}
