// Ours alone: a turn of the I/O driver with nothing to do, as a busy worker takes it.
//
//   floor_turn floor_turn COUNT WORKERS REPETITIONS   (see load/repeat.h)
//
// The work is the turns that the loop itself counted.
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "io/create_loop.h"
#include "io/loop_driver.h"
#include "io/loop_options.h"
#include "sched/driver.h"
#include "tools/compare/load/repeat.h"

int main(int argc, char** argv) {
  const auto options = zokio::compare::ParseRepeatOptions(argc, argv);
  auto loop = zokio::io::CreateLoop(zokio::io::LoopOptions());
  ZOKIO_CHECK(loop.ok(), "no loop");
  zokio::io::LoopDriver loop_driver(std::move(loop).value());
  zokio::Driver* driver = &loop_driver;  // as the scheduler sees it
  driver->Attach();
  zokio::compare::Repeat(options, [&](uint64_t count) {
    const uint64_t before = loop_driver.loop().stats().turns;
    for (uint64_t i = 0; i < count; ++i) {
      ZOKIO_CHECK(driver->Poll() == 0, "a completion of nothing");
    }
    return loop_driver.loop().stats().turns - before;
  });
  driver->Detach();
}
