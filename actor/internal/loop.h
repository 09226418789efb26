// ActorLoop: home of a share of a system's actors: it owns their cells, queues and run order.
//
// It is a future that is polled as one task (docs/decisions/0009). A turn of it
//   1. takes what other loops (rings) and other threads (inbox) sent, into mailboxes
//   2. gives actors with mail an activation each, in turn: up to `quota` messages
//   3. polls the coroutines that were woken
//   4. publishes what was staged for other loops, and wakes those that sleep
// until nothing is left (then it looks around for a while, and sleeps by the protocol of inbox.h)
// or it has run for about 50 µs (then other tasks of the worker get their turn).
//
// Thread-safety: Send by any thread; everything else by whoever polls the loop.
// Memory ordering: see inbox.h and spsc_ring.h; within a loop nothing is atomic.
#ifndef ZOKIO_ACTOR_INTERNAL_LOOP_H_
#define ZOKIO_ACTOR_INTERNAL_LOOP_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "actor/dead_letter.h"
#include "actor/inspect.h"
#include "actor/internal/activation.h"
#include "actor/internal/batch_sizer.h"
#include "actor/internal/cell.h"
#include "actor/internal/cell_pool.h"
#include "actor/internal/envelope.h"
#include "actor/internal/inbox.h"
#include "actor/internal/lingering.h"
#include "actor/internal/loop_counters.h"
#include "actor/internal/pair_queue.h"
#include "actor/internal/placer.h"
#include "actor/internal/ring_inbox.h"
#include "actor/supervision.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/thread_local.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/waker.h"

namespace zokio::internal {

class SystemCore;

// The loop that is being polled on this thread.
struct CurrentActorLoopTag;
using CurrentActorLoop = ThreadLocal<class ActorLoop*, CurrentActorLoopTag>;

class ActorLoop {
 public:
  // One of a group of loops, numbered from `group_first` on, which have rings to each other.
  ActorLoop(SystemCore& system, uint32_t index, uint32_t group_first, uint32_t group_loops);
  ActorLoop(const ActorLoop&) = delete;
  ActorLoop& operator=(const ActorLoop&) = delete;
  ~ActorLoop();

  static ActorLoop* Current() { return CurrentActorLoop::Get(); }

  // Any thread: sends an envelope to the actor it names.
  static void Send(Envelope* envelope) {
    ActorLoop* here = Current();
    ActorLoop* home = envelope->target->loop();
    if (here != nullptr) here->Sign(envelope);
    if (here == home) {
      home->Accept(envelope);
    } else {
      SendAway(here, home, envelope);
    }
  }

  // Writes into it who sends it.
  void Sign(Envelope* envelope) {
    if (running_ == nullptr) return;
    envelope->sender = running_;
    envelope->sender_generation = running_->generation();
    envelope->cause = trace_;
  }

  // One turn. Ready once the system has ended.
  Poll<void> poll(Context& context);
  // The executor ends: stops all actors without waiting for messages.
  Poll<void> poll_cancel(Context& context);

  // What follows is for the home alone.

  // Puts a message where it belongs.
  void Accept(Envelope* envelope) {
    ActorCell* cell = envelope->target;
    if (__builtin_expect(envelope->type->lane != Lane::kMail, 0)) {
      AcceptControl(envelope);
      return;
    }
    if (__builtin_expect(
            cell->generation() != envelope->generation || (cell->flags & ActorCell::kStopping) != 0,
            0)) {
      Reject(envelope, DeadLetterReason::kNoSuchActor);
      return;
    }
    if (__builtin_expect(cell->queued.value() >= cell->queued_max, 0) && !MakeRoom(cell, envelope))
      return;
    cell->mail.PushBack(envelope);
    cell->queued.Add(1);
    if ((cell->flags & (ActorCell::kNoMail | ActorCell::kQueued)) == 0) Queue(cell);
  }

  // Home of the target: whether it lives and takes mail.
  static bool IsOpen(const Envelope* envelope) {
    const ActorCell* cell = envelope->target;
    return cell->generation() == envelope->generation && (cell->flags & ActorCell::kStopping) == 0;
  }

  // Gives a cell a turn, once.
  void Queue(ActorCell* cell) {
    if ((cell->flags & ActorCell::kQueued) != 0) return;
    cell->flags |= ActorCell::kQueued;
    cell->next_run = nullptr;
    (run_head_ == nullptr ? run_head_ : run_tail_->next_run) = cell;
    run_tail_ = cell;
  }

  // A cell of this loop for a new actor; the caller fills in type and object, then calls Begin.
  ActorCell* TakeCell() { return pool_.Take(); }
  void ReturnCell(ActorCell* cell) { pool_.Return(cell); }
  void Begin(ActorCell* cell, ActorCell* parent);
  // The same for a thread that is not home: the cell is begun by a control message.
  ActorCell* TakeSharedCell() { return shared_pool_.Take(); }
  void ReturnSharedCell(ActorCell* cell) { shared_pool_.Return(cell); }

  void PutBack(ActorCell* cell);  // what was stashed becomes mail again
  // Back-pressure: see loop_pressure.cc.
  void Mute(ActorCell* cell, ActorId by);
  void Unmute(ActorCell* cell, ActorId by);
  // Before the loop runs: its actors may wait for others in ways that it does not see.
  void NeverMute() { mutes_ = false; }

  void RequestStop(ActorCell* cell, bool kill);
  void Restart(ActorCell* cell);
  void Failed(ActorCell* cell, Failure failure);
  void Report(ActorCell* cell, Failure failure);
  void Resume(ActorCell* cell);
  Random& random() { return random_; }
  void UnlinkChild(ActorCell* cell);

  // Takes over one share of `activation` and polls it for the first time.
  void Launch(ActorCell* cell, Activation* activation, ActivationKind kind);
  void CancelActivation(Activation* activation);

  // The envelope being handled, by no coroutine.
  Envelope* message() const { return message_; }
  // That of the handler that runs, also of a coroutine. Take: the handler keeps it or sends it on,
  // so it is neither freed nor answered here.
  Envelope* handled() const { return active_ == nullptr ? message_ : active_->handled; }
  Envelope* TakeHandled() {
    return std::exchange(active_ == nullptr ? message_ : active_->handled, nullptr);
  }
  bool Holds(const Envelope* envelope) const {
    return envelope != nullptr && handled() == envelope;
  }
  void SetMessage(Envelope* envelope) { message_ = envelope; }
  ActorCell* running() const { return running_; }

  void Reject(Envelope* envelope, DeadLetterReason reason);
  // All actors that live here.
  std::vector<ActorInfo> Inspect();
  // Whom messages to the loop itself go to.
  ActorId control_id() const { return control_->id(); }

  SystemCore& system() { return system_; }
  uint32_t index() const { return index_; }
  Context& context() { return *context_; }
  const LoopCounters& counters() const { return counters_; }

  // Any thread: makes a sleeping loop look around.
  void WakeUp() {
    if (wake_.Raise()) waker_.WakeByRef();
  }
  // Any thread: all actors shall stop, or be killed.
  void PostShutdown(bool kill);
  // It will not be polled any more: the others are killed, and do not wait for it.
  void Abandon();
  // Once the loop has ended: rejects what other threads still send.
  void Close();
  // Moves of actors: see loop_moves.cc.
  void WishMove(ActorCell* cell, uint32_t to);
  void FencePassed(uint64_t number);
  void EndMove(uint64_t number);
  void TakeIn(ActorCell* cell);

  // Any thread. How busy it will be, in thousandths, by what it knew last; one that sleeps longer
  // than it ran is less so with time. Zero where nothing is placed.
  uint32_t ExpectedLoad(Instant now) const;
  // Loads of the loops of this group, by number.
  std::vector<LoopLoad> GroupLoads(Instant now) const;

  // A thread that is in none of the system's loops uses this one: Close waits for its end.
  class Outsider {
   public:
    // Null: the thread is in a loop.
    explicit Outsider(ActorLoop* loop) : loop_(loop) {
      if (loop_ != nullptr) loop_->outsiders_.fetch_add(1, memory_order_seq_cst);
    }
    Outsider(const Outsider&) = delete;
    Outsider& operator=(const Outsider&) = delete;
    ~Outsider() {
      if (loop_ != nullptr) loop_->outsiders_.fetch_sub(1, memory_order_release);
    }
    // It came too late.
    bool closed() const { return loop_ != nullptr && loop_->closed_.load(memory_order_seq_cst); }

   private:
    ActorLoop* const loop_;
  };

  // Once all loops of the system are made.
  void ConnectOutboxes();
  // A loop that serves one actor at a time, its tenant, and who descends from it. True: the actor
  // that this thread spawns here next is the tenant; its end makes the loop vacant again.
  // REQUIRES, for who rents: one thread at a time.
  bool TryRent() {
    if (rented_.load(memory_order_acquire)) return false;
    rented_.store(true, memory_order_relaxed);
    renter_.store(&CurrentActorLoop::Get(), memory_order_relaxed);
    return true;
  }
  // Whoever begins an actor here: whether it is the tenant. Others, who spawn near somebody here,
  // may come between a rent and its spawn: so it is known by the renting thread.
  bool TakeTenancy() {
    if (renter_.load(memory_order_relaxed) != &CurrentActorLoop::Get()) return false;
    renter_.store(nullptr, memory_order_relaxed);
    return true;
  }
  // What other threads send comes by a ring.  REQUIRES: nobody knows the loop yet.
  void UseRing(size_t capacity) { ring_ = std::make_unique<RingInbox<Envelope>>(capacity); }
  // Mail for this cell may be refused where the ring is full; null: nobody's.
  void SetRefusing(ActorCell* cell) { refusing_.store(cell, memory_order_release); }
  // True once this loop takes no new actors.
  bool refuses_spawns() const { return shutdown_seen_; }

 private:
  static constexpr size_t kRingCapacity = 1024;
  // After so many messages an activation looks at the clock, and then as BatchSizer says.
  static constexpr uint32_t kFirstLook = 16;
  static constexpr int64_t kTurnNs = 50'000;
  static constexpr int64_t kRoundNs = 10'000;
  static constexpr uint32_t kRoundMessagesMax = 2048;
  static constexpr uint32_t kRoundActivationsMax = 512;
  // Rounds of many short messages that pass without a look at the clock.
  static constexpr uint32_t kUnclockedRoundsMax = 8;

  // Where messages to one other loop of the group are staged.
  struct Outbox {
    PairQueue<Envelope>* queue = nullptr;  // in the receiver's `inbound_`
    bool dirty = false;
  };

  // An actor on its way to another loop of the group.
  struct Move {
    uint64_t number;
    ActorCell* cell;  // the new home's
    ActorLoop* to;
    uint32_t fences;  // that have not come back
    bool inbox_taken = false;
    bool told = false;  // the new home knows that nothing more comes from here
  };

  // Once a turn, where there is a placer.
  void EndTurn(Instant begin);
  void Place(Instant now);
  bool IsMovable(const ActorCell* cell) const;
  void TryMove(ActorCell* cell);
  void StepMoves(bool alone);
  // A thread is inside PostFromOutside that may not have heard of a move: it wakes nobody.
  bool AwaitsOutsiders() const {
    return std::any_of(moves_.begin(), moves_.end(),
                       [](const Move& move) { return !move.inbox_taken; });
  }
  bool HoldBack(ActorCell* cell, Envelope* envelope);
  void PassOn(Envelope* envelope);
  // What came from another loop or thread, which may have taken this for the actor's home.
  void AcceptInbound(Envelope* envelope) {
    if (__builtin_expect(envelope->target->loop() != this, 0)) return PassOn(envelope);
    Accept(envelope);
  }

  static void SendAway(ActorLoop* here, ActorLoop* home, Envelope* envelope);
  void PostFromOutside(Envelope* envelope);
  void AdmitWaiting(ActorCell* cell);
  // By numbers within the group.
  void Stage(uint32_t to, Envelope* envelope);
  void Flush(uint32_t to);
  void FlushAll();

  bool Turn();
  bool Receive();
  void RunActors();
  void Run(ActorCell* cell);
  // False when the cell is gone.
  bool RunControl(ActorCell* cell);
  bool RunMail(ActorCell* cell);
  bool Advance(ActorCell* cell);
  void Start(ActorCell* cell);
  void Finish(ActorCell* cell);
  void Remake(ActorCell* cell);
  void CancelActivations(ActorCell* cell, bool all);
  void RunWoken();
  void PollActivation(Activation* activation);
  void EndActivation(Activation* activation);
  uint32_t NextLook(Instant begin, uint32_t handled);
  bool Linger();
  bool TrySleep();
  bool AnythingInbound() const;
  void Tune(Instant now);
  static bool IsIncomplete(const ActorCell* cell);
  void AcceptControl(Envelope* envelope);
  void AcceptUrgent(Envelope* envelope);
  void AcceptRanked(Envelope* envelope);
  static void PushRanked(ActorCell* cell, Envelope* envelope);
  static void RankMail(ActorCell* cell);
  static Envelope* TakeToDrop(ActorCell* cell, Envelope* envelope);
  static Envelope* PopSpecial(ActorCell* cell);
  bool Observe(ActorCell* cell, Envelope* envelope);
  void DeliverObserved(ActorCell* cell, Envelope* envelope);
  static ActorId ParentOf(ActorCell* cell);
  // Where the list begins in which `cell` stands or will stand.
  ActorCell*& SiblingsOf(ActorCell* cell);
  bool MakeRoom(ActorCell* cell, Envelope* envelope);
  void Press(ActorCell* cell, const Envelope* envelope);
  void Relieve(ActorCell* cell);
  void AfterMail(ActorCell* cell);
  bool Empty() const;
  bool ShutdownCanStep() const;
  bool StepShutdown();
  void DiscardAll();

  SystemCore& system_;
  const uint32_t index_;
  const uint32_t group_first_;

  // The home's alone.
  ActorCell* run_head_ = nullptr;
  ActorCell* run_tail_ = nullptr;
  ActorCell* running_ = nullptr;
  Envelope* message_ = nullptr;
  Activation* active_ = nullptr;  // the coroutine that is being polled
  Context* context_ = nullptr;
  EnvelopeList woken_;
  ActorCell* roots_ = nullptr;
  ActorCell* guests_ = nullptr;   // whose parents live in other loops
  ActorCell* control_ = nullptr;  // no actor's
  uint64_t trace_ = 0;            // the message that is handled, where messages are traced
  uint64_t traced_ = 0;
  uint32_t round_left_ = 0;
  uint32_t round_messages_ = 256;
  uint64_t tuned_messages_ = 0;  // counters_.messages at the last Tune
  Instant last_tune_{};
  Instant last_look_{};
  Instant turn_ends_{};
  BatchSizer batch_;
  Lingering lingering_;
  int64_t live_ = 0;
  std::unique_ptr<Placer> placer_;  // null: nothing is moved unasked
  std::vector<Move> moves_;         // begun here
  uint64_t moves_begun_ = 0;
  uint32_t receiving_from_ = UINT32_MAX;  // whose ring is being drained, by number in the group
  int64_t in_transit_ = 0;                // wakes of ended activations that have not arrived yet
  bool mutes_ = true;
  bool shutdown_seen_ = false;
  bool drained_ = false;
  bool killed_ = false;
  bool kill_told_ = false;
  std::vector<Outbox> outboxes_;
  std::vector<uint32_t> dirty_;
  CellPool pool_;
  Random random_;
  LoopCounters counters_;

  // Other threads'.
  std::vector<std::unique_ptr<PairQueue<Envelope>>> inbound_;  // by sender
  Inbox<Envelope> inbox_;
  std::unique_ptr<RingInbox<Envelope>> ring_;  // instead of it; constant
  Atomic<ActorCell*> refusing_{nullptr};
  WakeFlag wake_;
  Waker waker_;  // constant once the loop has slept
  Atomic<bool> shutdown_{false};
  Atomic<bool> kill_{false};
  Atomic<bool> closed_{false};
  Atomic<uint32_t> outsiders_{0};  // see Outsider
  Atomic<uint32_t> load_{0};
  Atomic<int64_t> load_at_ns_{0};
  Atomic<bool> rented_{false};
  Atomic<const void*> renter_{nullptr};  // of its tenant that is not begun yet: the thread's own
  SharedCellPool shared_pool_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_LOOP_H_
