// ActorCell: what the system keeps of one actor: two cache lines beside the actor's own object.
//
// Ownership: cells belong to their loop's pool, are used again after their actor died, and are
//   unmapped with the system. So a reference may look at a cell whose actor is gone.
// Thread-safety: everything is touched on the home loop alone, except which that is, the
// generation, the number of queued messages, and the time before a spawn is announced, when
//   the spawning thread fills the cell in.
#ifndef ZOKIO_ACTOR_INTERNAL_CELL_H_
#define ZOKIO_ACTOR_INTERNAL_CELL_H_

#include <cstdint>
#include <string_view>

#include "actor/actor_id.h"
#include "actor/internal/envelope.h"
#include "actor/mailbox.h"
#include "actor/supervision.h"
#include "base/atomic.h"

namespace zokio::internal {

struct Activation;
struct ActorCell;
struct CellExtras;
class ActorLoop;

// What differs by the actor's type. Hooks that a type does not have are null.
struct ActorType {
  std::string_view name;
  void (*destroy)(ActorCell& cell);
  // Makes the object anew, where it can be made without arguments.
  void (*make)(ActorCell& cell);
  void (*started)(ActorCell& cell);
  void (*stopping)(ActorCell& cell);
  void (*restarted)(ActorCell& cell);
  // What becomes of children that fail. Null: they end, or the policy's directive holds.
  const Supervision* supervision;
  Directive (*decide)(ActorCell& cell, ActorId child, const Failure& failure);
  MailboxOptions mailbox;
  bool measured;
  bool ranks;  // its mail is handled by rank
};

// A count that its home changes and others may look at: exact for the home.
class SharedCount {
 public:
  uint32_t value() const { return value_.load(memory_order_relaxed); }
  void Set(uint32_t value) { value_.store(value, memory_order_relaxed); }
  void Add(uint32_t by) { Set(value() + by); }
  void Subtract(uint32_t by) { Set(value() - by); }

 private:
  Atomic<uint32_t> value_{0};
};

struct alignas(64) ActorCell {
  // Flags: zero is an actor that may be queued as soon as it has mail.
  static constexpr uint32_t kQueued = 1;         // in the loop's run queue
  static constexpr uint32_t kBusy = 2;           // a handler is suspended, the next message waits
  static constexpr uint32_t kSuspended = 4;      // failed, until its supervisor has decided
  static constexpr uint32_t kUnstarted = 8;      // its spawn has not reached the home loop
  static constexpr uint32_t kStopping = 16;      // takes no mail any more
  static constexpr uint32_t kRestarting = 32;    // stops its children, then is made anew
  static constexpr uint32_t kShared = 64;        // the cell is from the pool for other threads
  static constexpr uint32_t kRemoteChild = 128;  // the parent lives in another loop
  static constexpr uint32_t kTold = 256;         // children and coroutines were told of the stop
  static constexpr uint32_t kKilled = 512;       // a suspended handler is not waited for
  static constexpr uint32_t kSendsWait = 1024;   // for room in the mailbox
  static constexpr uint32_t kHooked = 2048;      // Stopping() was called
  static constexpr uint32_t kUrgentMail = 4096;  // there is mail in `extras`: urgent or ranked
  static constexpr uint32_t kObserved = 8192;    // its mail is measured, traced or intercepted
  static constexpr uint32_t kCutShort = 16384;   // a stop that does not wait for handlers was asked
  static constexpr uint32_t kTenant = 32768;     // its end makes its loop vacant
  static constexpr uint32_t kMoveWish = 65536;   // it moves to another loop when it is idle
  static constexpr uint32_t kArriving = 131072;  // its old home may still send on what came for it
  static constexpr uint32_t kPressed = 262144;   // was told more than it has room for
  static constexpr uint32_t kMuted = 524288;     // told somebody more than that has room for
  // Nothing of the mailbox is handled while one of these is set.
  static constexpr uint32_t kNoMail =
      kBusy | kSuspended | kUnstarted | kStopping | kRestarting | kArriving | kMuted;

  explicit ActorCell(ActorLoop* home) : loop_(home) {}

  // Any thread. Where the actor lives: acquired, so that its home finds the cell as it was handed
  // over. The order with the count of outsiders: see loop_moves.cc.
  ActorLoop* loop() const { return loop_.load(memory_order_acquire); }
  ActorLoop* exact_loop() const { return loop_.load(memory_order_seq_cst); }
  void SetLoop(ActorLoop* home) { loop_.store(home, memory_order_seq_cst); }
  // The number of messages from which on more take the slow way, after its flags have changed.
  void ResetBound() { queued_max = (flags & kObserved) != 0 ? 0 : type->mailbox.capacity; }

  bool HasMail() const { return !mail.empty() || (flags & kUrgentMail) != 0; }
  // From now on each message that comes takes the way of those that find the mailbox full.
  void ObserveArrivals() {
    flags |= kObserved;
    queued_max = 0;
  }
  ActorId id() { return ActorId(this, generation()); }
  // Odd while an actor lives here.
  uint32_t generation() const { return generation_.load(memory_order_relaxed); }
  // An actor moves in or out. Called by one thread at a time: the home, or under the shared pool's
  // lock.
  void NextGeneration() { generation_.store(generation() + 1, memory_order_relaxed); }

  Atomic<ActorLoop*> loop_;
  // Atomic because a spawn on another thread may move it while the home looks whether a message
  // came too late. It only grows, so a message to who is gone finds that out from any later value;
  // what a message to the living may see was published with the message.
  Atomic<uint32_t> generation_{0};
  uint32_t flags = 0;
  SharedCount queued;       // in the mailbox
  uint32_t queued_max = 0;  // from there on a message takes the slow way, see MakeRoom
  EnvelopeList mail;
  ActorCell* next_run = nullptr;  // in the run queue or the pool's free list
  const ActorType* type = nullptr;
  void* object = nullptr;

  EnvelopeList system;
  ActorCell* parent = nullptr;  // null: a root. It outlives its children.
  ActorCell* first_child = nullptr;
  ActorCell* next_sibling = nullptr;
  ActorCell* previous_sibling = nullptr;
  CellExtras* extras = nullptr;       // what few actors need
  Activation* activations = nullptr;  // coroutines that run for this actor
};

static_assert(sizeof(void*) != 8 || sizeof(ActorCell) == 128);

// Any thread: it had not ended a moment ago.
inline bool IsAlive(ActorId id) {
  return static_cast<bool>(id) && id.cell()->generation() == id.generation();
}

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_CELL_H_
