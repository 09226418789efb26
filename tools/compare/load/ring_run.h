// What both sides of the ring cases do: a thread pushes numbers in 64-byte elements, another takes
// them and adds them up. Only the ring differs.
#ifndef ZOKIO_TOOLS_COMPARE_LOAD_RING_RUN_H_
#define ZOKIO_TOOLS_COMPARE_LOAD_RING_RUN_H_

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "tools/compare/load/repeat.h"

namespace zokio::compare {

struct RingElement {
  uint64_t words[8];
};

inline constexpr size_t kRingCapacity = 1024;

// Spins, and gives the core away where that takes long.
inline void WaitForRing(unsigned& turns) {
  if (++turns < 4096) {
    __builtin_ia32_pause();
  } else {
    turns = 0;
    sched_yield();
  }
}

// `Ring` has TryPushBatch(count, fill) and Drain(max, consume).
template <typename Ring>
uint64_t RunRing(uint64_t count, size_t batch) {
  Ring ring(kRingCapacity);
  std::thread producer([&] {
    unsigned turns = 0;
    for (uint64_t sent = 0; sent < count;) {
      const size_t n = ring.TryPushBatch(std::min<uint64_t>(batch, count - sent), [&](size_t i) {
        const uint64_t number = sent + i;
        return RingElement{{number, sent, sent, sent, sent, sent, sent, sent}};
      });
      sent += n;
      if (n == 0) WaitForRing(turns);
    }
  });
  uint64_t sum = 0;
  unsigned turns = 0;
  for (uint64_t got = 0; got < count;) {
    const size_t n = ring.Drain(batch, [&](RingElement&& element) { sum += element.words[0]; });
    got += n;
    if (n == 0) WaitForRing(turns);
  }
  producer.join();
  return sum;
}

template <typename Spsc, typename Mpsc>
int RingMain(int argc, char** argv) {
  const RepeatOptions options = ParseRepeatOptions(argc, argv);
  const std::string name(options.name);
  const size_t batch = std::strtoull(name.c_str() + name.rfind('_') + 1, nullptr, 10);
  if (batch == 0) {
    std::fputs("no such case\n", stderr);
    return 2;
  }
  const bool spsc = name.find("spsc") != std::string::npos;
  Repeat(options, [&](uint64_t count) {
    return spsc ? RunRing<Spsc>(count, batch) : RunRing<Mpsc>(count, batch);
  });
  return 0;
}

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_LOAD_RING_RUN_H_
