// Actor cases in which many talk to many.
#ifndef ZOKIO_TOOLS_COMPARE_OURS_ACTOR_CROWDS_H_
#define ZOKIO_TOOLS_COMPARE_OURS_ACTOR_CROWDS_H_

#include <cstdint>

#include "actor/actor_system.h"

namespace zokio::compare {

// One actor sends to 1000 others, a round at a time; the sum of what they got.
uint64_t FanOut(ActorSystem& system, uint64_t count);
// 100 actors each send to another, drawn anew each time, once the last has answered. Pings and
// pongs are counted; the number of pongs.
uint64_t Big(ActorSystem& system, uint64_t count);
// 100 actors meet in pairs at one that brings them together; who was there, twice the meetings.
uint64_t Chameneos(ActorSystem& system, uint64_t meetings);

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_OURS_ACTOR_CROWDS_H_
