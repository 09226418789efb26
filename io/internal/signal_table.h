// SignalTable: which listeners a signal of the system goes to; the platform's part of Signals.
//
// Signals belong to the process, so there is one table. The handler marks the signal in every
// listener's mask and writes to that listener's counter (an eventfd), both of which a handler may
// do; loops look at a duplicate of the counter. A place keeps its counter for ever, so that the
// handler never writes to a descriptor that is something else by now.
// A child of fork gets counters of its own in their places.
//
// Thread-safety: any thread. Memory ordering: the mark (release) before the counter's write; taking
//   reads the counter first.
// Errors: negative errno; -EINVAL for signals that cannot be caught, -EMFILE beyond kListenersMax.
#ifndef ZOKIO_IO_INTERNAL_SIGNAL_TABLE_H_
#define ZOKIO_IO_INTERNAL_SIGNAL_TABLE_H_

#include <cstdint>
#include <span>

#include "io/native_handle.h"

namespace zokio::io {

inline constexpr int kListenersMax = 64;

struct SignalPlace {
  int32_t index = -1;
  NativeHandle handle = kNoHandle;  // readable when something may be pending; the caller's to close
};

// Takes a place for these signals and begins to catch them.
int32_t OpenSignals(std::span<const int> signals, SignalPlace& place);
// Gives the place back; a signal that nobody listens to has its former action again.
void CloseSignals(int32_t index);

// The lowest signal that came since it was taken last, or -EAGAIN.
int32_t TakeSignal(int32_t index, NativeHandle handle);

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_SIGNAL_TABLE_H_
