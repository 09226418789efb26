// TraceEvent: a message that is about to be handled, and what it followed from.
//
//   options.on_message = [&](const TraceEvent& event) { log.Add(event); };
//
// `cause` is the `id` of the message whose handler (also after its suspensions) sent this one: so
// who called whom, over any number of actors and loops, can be told from the events alone.
//
// Cost: none of it where no hook is set, beyond a word in each message; with one, the hook.
#ifndef ZOKIO_ACTOR_TRACE_H_
#define ZOKIO_ACTOR_TRACE_H_

#include <cstdint>
#include <string_view>

#include "actor/actor_id.h"

namespace zokio {

struct TraceEvent {
  uint64_t id;     // of this message in its system
  uint64_t cause;  // zero: sent from outside of all handlers
  ActorId sender;  // nobody: sent from outside of all actors
  ActorId target;
  std::string_view actor;    // the target's type
  std::string_view message;  // the message's type
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_TRACE_H_
