// Uses that must not compile, and the messages that say why.
#include <vector>

#include "actor/actor.h"
#include "actor/broadcast.h"

namespace zokio {

struct Knock {};
struct Letter {};
struct Shut {};
struct Open {};

class Door : public Actor<Door, Knock> {
 public:
  using Behaviours = zokio::Behaviours<Shut, Open>;
  void On(Shut, Knock) { Become<Open>(); }
  void On(Open, Knock) {
#ifdef BECOMES_WHAT_IT_DOES_NOT_LIST
    Become<Letter>();
#endif
#ifdef WATCHES_WITHOUT_TERMINATED
    Watch(self());
#endif
  }
};

class Keeper : public Actor<Keeper, Knock> {
 public:
  void On(Knock& knock) { last_ = &knock; }

 private:
  Knock* last_ = nullptr;
};

class Clerk : public Actor<Clerk, Knock> {
 public:
  void On(Knock) {}
#ifdef HAS_A_HOOK_THAT_WAITS
  Task<void> Started() { co_return; }
#endif
#ifdef HAS_A_STOPPING_THAT_ANSWERS
  bool Stopping() { return true; }
#endif

 private:
#ifdef HAS_A_HIDDEN_HOOK
  void Restarted() {}
#endif
};
void Spawns(internal::ActorLoop& loop) { internal::SpawnIn<Clerk>(loop, nullptr); }

#ifdef HAS_NO_HANDLER
class Deaf : public Actor<Deaf, Knock> {};
void Tells(const ActorRef<Deaf>& deaf) { deaf.Tell(Knock{}); }
#endif

void Uses(const ActorRef<Door>& door, const std::vector<ActorRef<Keeper>>& keepers) {
  door.Tell(Knock{});
  for (const auto& keeper : keepers) keeper.Tell(Knock{});
#ifdef TELLS_A_WRONG_MESSAGE
  door.Tell(Letter{});
#endif
#ifdef ASKS_A_WRONG_MESSAGE
  (void)door.Ask(Letter{});
#endif
#ifdef SENDS_A_WRONG_MESSAGE
  (void)door.Send(Letter{});
#endif
#ifdef IS_NO_RECIPIENT
  Recipient<Letter> recipient = door;
#endif
#ifdef BROADCASTS_WHAT_HANDLERS_CHANGE
  Broadcast(keepers, Knock{});
#endif
}

}  // namespace zokio
