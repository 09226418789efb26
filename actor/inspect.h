// ActorInfo: what ActorSystem::Inspect tells of each living actor; TreeToString: the tree of them.
//
//   std::vector<ActorInfo> actors = co_await system.Inspect();
//   std::cerr << TreeToString(actors);
//
// An actor whose type says `static constexpr bool kMeasured = true` also tells how long its
// messages waited and how long its handlers took: every 16th message is timed, never two at once,
// so the figures are those of a sample. Coroutine handlers are timed up to their first suspension.
#ifndef ZOKIO_ACTOR_INSPECT_H_
#define ZOKIO_ACTOR_INSPECT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actor/actor_id.h"
#include "base/clock.h"

namespace zokio {

// Of the messages in the sample; quantiles are right to a quarter.
struct MailTimes {
  uint64_t sampled = 0;
  Duration delay_p50{0};  // from its arrival at the home to its handler
  Duration delay_p99{0};
  Duration handling_p50{0};
  Duration handling_p99{0};
};

struct ActorInfo {
  ActorId id;
  ActorId parent;  // nobody: a root
  std::string_view type;
  uint32_t loop = 0;
  uint32_t queued = 0;
  uint32_t coroutines = 0;  // suspended handlers, timers, tasks beside the handlers
  uint32_t restarts = 0;
  bool busy = false;    // the next message waits for a suspended handler
  bool failed = false;  // waits for what its parent decides
  bool stopping = false;
  bool held_back = false;  // told somebody more than that has room for: see mailbox.h
  MailTimes times;
};

// A line for each actor, children under their parents.
std::string TreeToString(const std::vector<ActorInfo>& actors);

}  // namespace zokio

#endif  // ZOKIO_ACTOR_INSPECT_H_
