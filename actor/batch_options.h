// BatchOptions: how many messages are handled, or sent to another loop, in one go.
//
// An actor's activation handles so many messages at most before others of its loop have their turn;
// so many for another loop are published together. Large batches cost less a message, small ones
// keep others waiting less. Between `min` and `max` the loop chooses: as many as take about
// `target` by what the last ones took. Equal ones fix the size.
//
// The average says little of an actor whose messages take longer than others'. So an activation
// looks at the clock after 16 messages, and again after as many more as fit into `target` by what
// these took (but no more than three times as many); it ends where `target` has passed. Whatever
// the size, it ends with its loop's turn of 50 µs; and what was sent goes out before a loop sleeps
// or begins anew.
#ifndef ZOKIO_ACTOR_BATCH_OPTIONS_H_
#define ZOKIO_ACTOR_BATCH_OPTIONS_H_

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace zokio {

struct BatchOptions {
  constexpr BatchOptions() = default;
  constexpr BatchOptions(uint32_t messages_min, uint32_t messages_max)
      : min(messages_min == 0 ? 1 : messages_min), max(messages_max < min ? min : messages_max) {}

  uint32_t min = 16;
  uint32_t max = 1024;
  Duration target = std::chrono::microseconds(10);
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_BATCH_OPTIONS_H_
