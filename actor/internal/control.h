// Control messages: what the system itself says to actors, in the lane that no bound stops.
#ifndef ZOKIO_ACTOR_INTERNAL_CONTROL_H_
#define ZOKIO_ACTOR_INTERNAL_CONTROL_H_

#include <cstdint>
#include <vector>

#include "actor/actor_id.h"
#include "actor/inspect.h"
#include "actor/internal/cell.h"
#include "actor/internal/extras.h"
#include "future/oneshot.h"

namespace zokio::internal {

// The actor ends after the message that it handles now; with `kill`, a handler that is suspended is
// withdrawn. What is in its mailbox becomes dead letters.
void SendStop(ActorId target, bool kill);
// The actor ends when it comes to this in its mailbox.
void SendPoison(ActorId target);
void SendRestart(ActorId target);
void SendResume(ActorId target);
// To the parent, from its child of this number in another loop.
void SendChildEnded(ActorId parent, uint64_t number);
// Begins an actor whose cell another thread has filled in.
void SendBegin(ActorId target);
bool IsBegin(const Envelope* envelope);
// `notify` is called once the target has ended; at once where it has already.
void SendWatch(ActorId target, const Watcher& watcher);
void SendUnwatch(ActorId target, const Watcher& watcher);
// The actor handles no mail for the sake of `by`, to whom it told too much; and again.
void SendMute(ActorId target, ActorId by);
void SendUnmute(ActorId target, ActorId by);
// The actor moves to that loop of its group once it is idle.
void SendMove(ActorId target, uint32_t to);
// All actors of a loop.
void SendInspect(ActorLoop& loop, OneshotSender<std::vector<ActorInfo>> sender);
// `sender` is dropped once the target has ended.
void SendAwaitEnd(ActorId target, OneshotSender<bool> sender);
// When one of the two ends because it failed, so does the other.
void SendLink(ActorId one, ActorId other);
void SendUnlink(ActorId one, ActorId other);

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_CONTROL_H_
