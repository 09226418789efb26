// Peer in fiber_switch: Boost.Fiber, two fibers of one thread that yield to each other.
//
//   fiber_boost CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <cstdint>

#include "tools/compare/load/repeat.h"

int main(int argc, char** argv) {
  const auto options = zokio::compare::ParseRepeatOptions(argc, argv);
  zokio::compare::Repeat(options, [](uint64_t count) {
    uint64_t sum = 0;
    auto yields = [&] {
      for (uint64_t i = 0; i < count / 2; ++i) {
        boost::this_fiber::yield();
        ++sum;
      }
    };
    boost::fibers::fiber first(boost::fibers::launch::post, yields);
    boost::fibers::fiber second(boost::fibers::launch::post, yields);
    first.join();
    second.join();
    return sum;
  });
  return 0;
}
