#include "sched/timer_wheel.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace zokio {

TimerWheel::TimerWheel(const Clock& clock)
    : clock_(clock),
      start_ns_(clock.Now().time_since_epoch().count()),
      next_ns_(kNever.time_since_epoch().count()) {}

TimerWheel::~TimerWheel() { ZOKIO_CHECK(size() == 0, "a timer wheel dies with timers in it"); }

uint64_t TimerWheel::TickOf(Instant deadline) const {
  int64_t ns = deadline.time_since_epoch().count();
  if (ns <= start_ns_) return 0;
  uint64_t since = static_cast<uint64_t>(ns) - static_cast<uint64_t>(start_ns_);
  return (since >> kTickShift) + ((since & ((uint64_t{1} << kTickShift) - 1)) != 0 ? 1 : 0);
}

uint64_t TimerWheel::TickBefore(Instant now) const {
  int64_t since = now.time_since_epoch().count() - start_ns_;
  return since <= 0 ? 0 : static_cast<uint64_t>(since) >> kTickShift;
}

void TimerWheel::LinkAt(TimerEntry* entry, uint32_t slot) {
  List& list = lists_[slot];
  entry->slot = slot;
  entry->next = nullptr;
  entry->previous = list.tail;
  (list.tail != nullptr ? list.tail->next : list.head) = entry;
  list.tail = entry;
}

// REQUIRES: `tick` is the entry's.
void TimerWheel::Link(TimerEntry* entry, uint64_t tick) {
  if (tick <= elapsed_) {
    LinkAt(entry, kDue);
    return;
  }
  tick = std::min(tick, elapsed_ + kTicksMax);
  int digit = (63 - __builtin_clzll(tick ^ elapsed_)) / kLevelBits;
  // A carry into digits above the last level: the distance is below one turn of it all the same.
  int level = std::min(digit, kLevels - 1);
  int slot = static_cast<int>(tick >> (kLevelBits * level)) & (kSlots - 1);
  occupied_[level] |= uint64_t{1} << slot;
  LinkAt(entry, static_cast<uint32_t>(1 + level * kSlots + slot));
}

void TimerWheel::Unlink(TimerEntry* entry) {
  uint32_t slot = entry->slot;
  List& list = lists_[slot];
  (entry->previous != nullptr ? entry->previous->next : list.head) = entry->next;
  (entry->next != nullptr ? entry->next->previous : list.tail) = entry->previous;
  if (list.head == nullptr && slot != kDue) {
    occupied_[(slot - 1) / kSlots] &= ~(uint64_t{1} << ((slot - 1) % kSlots));
  }
  entry->slot = kUnlinked;
}

void TimerWheel::Set(TimerEntry* entry) {
  entry->timer = this;
  entry->fired.store(false, memory_order_relaxed);
  const uint64_t tick = TickOf(entry->deadline);
  // The slot's begin may be earlier; waking at the deadline's own tick is what matters, and the
  // levels in between are passed on the way.
  const uint64_t limit = static_cast<uint64_t>(kNever.time_since_epoch().count() - start_ns_);
  const int64_t at = tick >= limit >> kTickShift
                         ? kNever.time_since_epoch().count()
                         : start_ns_ + static_cast<int64_t>(tick << kTickShift);
  MutexLock lock(mutex_);
  Link(entry, tick);
  size_.store(size_.load(memory_order_relaxed) + 1, memory_order_relaxed);
  if (at >= next_ns_.load(memory_order_relaxed)) return;
  next_ns_.store(at, memory_order_relaxed);
  Driver* foster = foster_;
  lock.Unlock();
  if (__builtin_expect(foster != nullptr, 0)) foster->Unpark();
}

void TimerWheel::SetFoster(Driver* foster) {
  MutexLock lock(mutex_);
  foster_ = foster;
}

bool TimerWheel::UpdateWaker(TimerEntry* entry, const Waker& waker) {
  Waker replacement = waker.Clone();  // whatever is not kept is dropped after the lock
  MutexLock lock(mutex_);
  if (entry->slot == kUnlinked) return true;
  std::swap(entry->waker, replacement);
  lock.Unlock();
  return false;
}

void TimerWheel::Cancel(TimerEntry* entry) {
  Waker dropped;
  MutexLock lock(mutex_);
  if (entry->slot == kUnlinked) return;
  Unlink(entry);
  size_.store(size_.load(memory_order_relaxed) - 1, memory_order_relaxed);
  dropped = std::move(entry->waker);
  // The earliest deadline may have been this one: the owner then wakes once for nothing.
  lock.Unlock();
}

TimerWheel::Expiration TimerWheel::NextExpiration() const {
  for (int level = 0; level < kLevels; ++level) {
    uint64_t mask = occupied_[level];
    if (mask == 0) continue;
    int shift = kLevelBits * level;
    uint64_t position = elapsed_ >> shift;
    int now_slot = static_cast<int>(position & (kSlots - 1));
    // Rotated so that the slot after the current one is bit 0. No entry stands in the current one.
    int rotate = (now_slot + 1) & (kSlots - 1);
    uint64_t rotated = rotate == 0 ? mask : (mask >> rotate) | (mask << (kSlots - rotate));
    uint64_t distance = static_cast<uint64_t>(__builtin_ctzll(rotated)) + 1;
    uint64_t tick = (position + distance) << shift;
    return {true, level, static_cast<int>((position + distance) & (kSlots - 1)), tick};
  }
  return {false, 0, 0, 0};
}

void TimerWheel::MoveSlot(const Expiration& expiration) {
  uint32_t slot = static_cast<uint32_t>(1 + expiration.level * kSlots + expiration.slot);
  TimerEntry* entry = std::exchange(lists_[slot], List{}).head;
  occupied_[expiration.level] &= ~(uint64_t{1} << expiration.slot);
  while (entry != nullptr) {
    TimerEntry* next = entry->next;
    Link(entry, TickOf(entry->deadline));
    entry = next;
  }
}

// The next list with something due at tick `target`, 0 for none. What was late when it was set
// comes first; then a slot of level 0 at a time, whose entries are all due and need not be moved.
uint32_t TimerWheel::NextDue(uint64_t target) {
  if (lists_[kDue].head != nullptr) return kDue;
  // What Advance has left of the current tick; nothing is set there.
  const uint32_t here = 1 + static_cast<uint32_t>(elapsed_ & (kSlots - 1));
  if (lists_[here].head != nullptr) return here;
  while (true) {
    const Expiration expiration = NextExpiration();
    if (!expiration.found || expiration.tick > target) break;
    elapsed_ = expiration.tick;
    if (expiration.level == 0) return static_cast<uint32_t>(1 + expiration.slot);
    MoveSlot(expiration);
    if (lists_[kDue].head != nullptr) return kDue;
  }
  elapsed_ = std::max(elapsed_, target);
  return kUnlinked;
}

// Takes up to `room` entries from the front of a list that is due: their wakers to `wakers`.
int TimerWheel::TakeFront(uint32_t slot, Waker* wakers, int room) {
  List& list = lists_[slot];
  TimerEntry* entry = list.head;
  int count = 0;
  while (entry != nullptr && count < room) {
    TimerEntry* const next = entry->next;
    __builtin_prefetch(next, /*rw=*/1);
    __builtin_prefetch(entry->waker.data(), /*rw=*/1);
    entry->slot = kUnlinked;
    wakers[count++] = std::move(entry->waker);
    entry->fired.store(true, memory_order_release);  // the frame may go from here on
    entry = next;
  }
  list.head = entry;
  if (entry != nullptr) {
    entry->previous = nullptr;
  } else {
    list.tail = nullptr;
    if (slot != kDue) occupied_[0] &= ~(uint64_t{1} << (slot - 1));
  }
  return count;
}

void TimerWheel::UpdateNext() {
  int64_t next = kNever.time_since_epoch().count();
  if (lists_[kDue].head != nullptr) {
    next = start_ns_;
  } else if (Expiration expiration = NextExpiration(); expiration.found) {
    next = start_ns_ + static_cast<int64_t>(expiration.tick << kTickShift);
  }
  next_ns_.store(next, memory_order_relaxed);
}

int TimerWheel::Advance(Instant now) {
  if (now < NextDeadline()) return 0;
  constexpr int kBatch = 32;
  Waker wakers[kBatch];
  const uint64_t target = TickBefore(now);
  int fired = 0;
  MutexLock lock(mutex_);
  while (true) {
    int count = 0;
    uint32_t due = kUnlinked;
    while (count < kBatch && (due = NextDue(target)) != kUnlinked) {
      count += TakeFront(due, wakers + count, kBatch - count);
    }
    size_.store(size_.load(memory_order_relaxed) - static_cast<uint64_t>(count),
                memory_order_relaxed);
    if (due == kUnlinked) UpdateNext();
    lock.Unlock();
    for (int i = 0; i < count; ++i) std::move(wakers[i]).Wake();
    fired += count;
    if (due == kUnlinked) return fired;
    lock.Lock();
  }
}

}  // namespace zokio
