// FutexWait, FutexWake: sleep on the value of a word, the primitive under Parker.
//
// Thread-safety: any thread. The word may be freed right after a FutexWake on it was issued by
// another thread: a wake never reads the word.
// Errors: none reach the caller; an interrupted wait returns true, as a spurious wake would.
// Under ZOKIO_MODEL the model checker drives both.
// Cost: one system call each. Platforms without futexes wait on a table of condition variables.
#ifndef ZOKIO_BASE_FUTEX_H_
#define ZOKIO_BASE_FUTEX_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/clock.h"

namespace zokio {

// Sleeps while `word` holds `expected`, until a wake or the deadline. False: the deadline passed.
bool FutexWait(Atomic<uint32_t>& word, uint32_t expected, Instant deadline);

// Wakes up to `count` threads that sleep on `word`.
void FutexWake(Atomic<uint32_t>& word, int count);

}  // namespace zokio

#endif  // ZOKIO_BASE_FUTEX_H_
