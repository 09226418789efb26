// DeadLetter: a message that no actor handled, and why.
#ifndef ZOKIO_ACTOR_DEAD_LETTER_H_
#define ZOKIO_ACTOR_DEAD_LETTER_H_

#include <cstdint>
#include <string_view>

#include "actor/actor_id.h"

namespace zokio {

enum class DeadLetterReason : uint8_t {
  kNoSuchActor,  // it had stopped, or was stopping
  kStopped,      // it stopped before its turn came
  kOverflow,     // its mailbox was full, and its type says that messages may be dropped
  kUnhandled,    // what it has become has no handler for it
  kShutdown,     // the system had ended
  kIntercepted,  // a test took it away
};

struct DeadLetter {
  ActorId target;
  ActorId sender;            // nobody: sent from outside of all actors
  std::string_view message;  // the message's type
  DeadLetterReason reason;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_DEAD_LETTER_H_
