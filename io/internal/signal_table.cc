#include "io/internal/signal_table.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>

#include "base/atomic.h"
#include "base/mutex.h"

namespace zokio::io {
namespace {

constexpr int kSignalsMax = 64;

uint64_t BitOf(int signal) { return uint64_t{1} << (signal - 1); }

// What the handler touches: atomics alone.
struct Place {
  Atomic<uint64_t> wanted{0};
  Atomic<uint64_t> pending{0};
  Atomic<int> counter{kNoHandle};
  bool taken = false;  // under the mutex
};

struct Table {
  Mutex mutex;
  std::array<Place, kListenersMax> places;
  std::array<int, kSignalsMax> listeners{};            // how many, of each signal
  std::array<struct sigaction, kSignalsMax> former{};  // what was to happen before
};

// Never destroyed: a handler may run while the process ends.
Table& TheTable() {
  static Table& table = *new Table();
  return table;
}

extern "C" void ZokioOnSignal(int signal) {
  const int os_error = errno;
  const uint64_t bit = BitOf(signal);
  for (Place& place : TheTable().places) {
    if ((place.wanted.load(memory_order_acquire) & bit) == 0) continue;
    place.pending.fetch_or(bit, memory_order_release);
    const uint64_t one = 1;
    // Fails only when the counter is full: then it is readable already.
    (void)!write(place.counter.load(memory_order_acquire), &one, sizeof(one));
  }
  errno = os_error;
}

// Both with the mutex held.
int32_t Catch(Table& table, int signal) {
  const auto index = static_cast<size_t>(signal - 1);
  if (table.listeners[index] > 0) return 0;
  struct sigaction action{};
  action.sa_handler = &ZokioOnSignal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  return sigaction(signal, &action, &table.former[index]) == 0 ? 0 : -errno;
}

void Forget(Table& table, uint64_t signals) {
  for (; signals != 0; signals &= signals - 1) {
    const auto index = static_cast<size_t>(std::countr_zero(signals));
    if (--table.listeners[index] > 0) continue;
    (void)sigaction(static_cast<int>(index) + 1, &table.former[index], nullptr);
  }
}

// In a child of fork: its signals must not wake the parent's listeners, whose counters it shares.
extern "C" void ZokioOnFork() {
  for (Place& place : TheTable().places) {
    const int shared = place.counter.load(memory_order_relaxed);
    if (shared == kNoHandle) continue;
    const int own = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (own < 0) {
      place.wanted.store(0, memory_order_relaxed);
      continue;
    }
    (void)dup3(own, shared, O_CLOEXEC);
    close(own);
  }
}

Place* FreePlace(Table& table) {
  for (Place& place : table.places) {
    if (!place.taken) return &place;
  }
  return nullptr;
}

int32_t Begin(Table& table, Place& place, std::span<const int> signals, SignalPlace& result) {
  if (place.counter.load(memory_order_relaxed) == kNoHandle) {
    const int counter = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (counter < 0) return -errno;
    place.counter.store(counter, memory_order_release);
  }
  const int copy = fcntl(place.counter.load(memory_order_relaxed), F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return -errno;
  // Wanted first: once it is caught, a signal's usual effect is gone, so it has to be ours.
  uint64_t wanted = 0;
  for (const int signal : signals) wanted |= BitOf(signal);
  place.pending.store(0, memory_order_relaxed);
  place.wanted.store(wanted, memory_order_release);
  uint64_t caught = 0;
  int32_t failed = 0;
  for (const int signal : signals) {
    if ((caught & BitOf(signal)) != 0) continue;
    failed = Catch(table, signal);
    if (failed != 0) break;
    ++table.listeners[static_cast<size_t>(signal - 1)];
    caught |= BitOf(signal);
  }
  if (failed != 0) {
    place.wanted.store(0, memory_order_release);
    Forget(table, caught);
    close(copy);
    return failed;
  }
  place.taken = true;
  result.index = static_cast<int32_t>(&place - table.places.data());
  result.handle = copy;
  return 0;
}

}  // namespace

int32_t OpenSignals(std::span<const int> signals, SignalPlace& place) {
  for (const int signal : signals) {
    const bool fault = signal == SIGSEGV || signal == SIGBUS || signal == SIGILL ||
                       signal == SIGFPE || signal == SIGKILL || signal == SIGSTOP;
    if (signal <= 0 || signal > kSignalsMax || fault) return -EINVAL;
  }
  if (signals.empty()) return -EINVAL;
  static const int watched = pthread_atfork(nullptr, nullptr, &ZokioOnFork);
  if (watched != 0) return -watched;
  Table& table = TheTable();
  MutexLock lock(table.mutex);
  Place* free = FreePlace(table);
  return free == nullptr ? -EMFILE : Begin(table, *free, signals, place);
}

void CloseSignals(int32_t index) {
  Table& table = TheTable();
  MutexLock lock(table.mutex);
  Place& place = table.places[static_cast<size_t>(index)];
  Forget(table, place.wanted.exchange(0, memory_order_acq_rel));
  place.taken = false;
}

int32_t TakeSignal(int32_t index, NativeHandle handle) {
  // First the counter: a signal that comes in between counts up again.
  uint64_t count;
  (void)!read(handle, &count, sizeof(count));
  Place& place = TheTable().places[static_cast<size_t>(index)];
  const uint64_t pending =
      place.pending.load(memory_order_acquire) & place.wanted.load(memory_order_acquire);
  if (pending == 0) return -EAGAIN;
  const uint64_t lowest = pending & (~pending + 1);
  place.pending.fetch_and(~lowest, memory_order_acq_rel);
  return std::countr_zero(lowest) + 1;
}

}  // namespace zokio::io
