// The part of ActorLoop that holds back who tells an actor more than that has room for.
//
// A tells B, whose mailbox is full: B's home sends A a Mute; A handles no mail (control messages
// and what its coroutines wait for go on) until B sends Unmute. B does so when it
//   - has handled its mail down to half its capacity, or has ended;
//   - cannot handle mail by itself: it waits for an answer, which may be A's, or for its parent;
//   - has had 64 turns: others may tell it more than it can ever handle.
// And A goes on when its own mailbox is full. So who holds somebody back is not held back, there is
// no circle of waiting, and each Mute is followed by an Unmute by the same way: nobody moves to
// another loop between the two.
//
// Cost: none before the mailbox is full; then one message in 64 is looked at.
// Source: the muting of senders of the Pony runtime (S. Clebsch, S. Allen).
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "actor/internal/control.h"
#include "actor/internal/control_message.h"
#include "actor/internal/extras.h"
#include "actor/internal/loop.h"

namespace zokio::internal {
namespace {

constexpr uint32_t kPressEvery = 64;
constexpr uint32_t kPressedTurnsMax = 64;

struct MuteSender {
  static constexpr std::string_view kName = "mute";
  ActorId by;
  void Run(ActorLoop& loop, ActorCell& cell) { loop.Mute(&cell, by); }
};

struct UnmuteSender {
  static constexpr std::string_view kName = "unmute";
  ActorId by;
  void Run(ActorLoop& loop, ActorCell& cell) { loop.Unmute(&cell, by); }
};

}  // namespace

void SendMute(ActorId target, ActorId by) { PostControl(target, MuteSender{by}); }
void SendUnmute(ActorId target, ActorId by) { PostControl(target, UnmuteSender{by}); }

// `envelope` comes to a mailbox that is full, and is taken nevertheless.
void ActorLoop::Press(ActorCell* cell, const Envelope* envelope) {
  const uint32_t queued = cell->queued.value();
  if (IsIncomplete(cell)) return;  // before the bound is raised: nothing would lower it again
  if ((cell->flags & ActorCell::kObserved) != 0) {
    if ((queued - cell->type->mailbox.capacity) % kPressEvery != 0) return;
  } else {
    cell->queued_max = queued + std::min(kPressEvery, cell->type->mailbox.told_max - queued);
  }
  CellExtras& extras = ExtrasOf(*cell);
  if ((cell->flags & ActorCell::kPressed) == 0) extras.pressed_turns = 0;
  cell->flags |= ActorCell::kPressed;
  const ActorId sender(envelope->sender, envelope->sender_generation);
  if (!mutes_ || !sender || sender == cell->id()) return;
  if ((cell->flags & ActorCell::kNoMail) != 0) return;
  // Others that were told of it twice do not mind.
  if (!extras.muted.empty() && extras.muted.back() == sender) return;
  extras.muted.push_back(sender);
  SendMute(sender, cell->id());
}

// After a turn of who was full.
void ActorLoop::Relieve(ActorCell* cell) {
  CellExtras& extras = *cell->extras;
  const bool caught_up = cell->queued.value() <= cell->type->mailbox.capacity / 2;
  const bool waits = (cell->flags & ActorCell::kNoMail) != 0;
  if (!caught_up && !waits && ++extras.pressed_turns < kPressedTurnsMax) return;
  extras.pressed_turns = 0;
  for (const ActorId muted : extras.muted) SendUnmute(muted, cell->id());
  extras.muted.clear();
  if (!caught_up) return;
  cell->flags &= ~ActorCell::kPressed;
  cell->ResetBound();
}

void ActorLoop::Mute(ActorCell* cell, ActorId by) {
  const bool full = cell->queued.value() >= cell->type->mailbox.capacity;
  if (full || (cell->flags & ActorCell::kPressed) != 0) return;
  std::vector<ActorId>& muted_by = ExtrasOf(*cell).muted_by;
  if (std::find(muted_by.begin(), muted_by.end(), by) == muted_by.end()) muted_by.push_back(by);
  cell->flags |= ActorCell::kMuted;
}

// Nobody: whoever held it back.
void ActorLoop::Unmute(ActorCell* cell, ActorId by) {
  if ((cell->flags & ActorCell::kMuted) == 0) return;
  std::vector<ActorId>& muted_by = cell->extras->muted_by;
  if (!by) {
    muted_by.clear();
  } else {
    std::erase(muted_by, by);
  }
  if (!muted_by.empty()) return;
  cell->flags &= ~ActorCell::kMuted;
  if (cell->HasMail()) Queue(cell);
}

// Of who has senders that wait for room in its mailbox, or are held back for its sake.
void ActorLoop::AfterMail(ActorCell* cell) {
  if ((cell->flags & ActorCell::kPressed) != 0) Relieve(cell);
  if ((cell->flags & ActorCell::kSendsWait) != 0) AdmitWaiting(cell);
}

}  // namespace zokio::internal
