// The system calls that watch files and directories: the platform's part.
//
// Calls answer a count or a handle, or a negative errno.  Thread-safety: any thread.
#ifndef ZOKIO_IO_INTERNAL_WATCH_CALLS_H_
#define ZOKIO_IO_INTERNAL_WATCH_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "io/file/watch_event.h"
#include "io/native_handle.h"

namespace zokio::io {

// Room for what one read gives.
inline constexpr size_t kWatchBytes = 16 * 1024;

int32_t OpenWatch();
// What FileParameters::flags is for a kWatchPath: all that a WatchEvent tells.
uint32_t NativeWatchFlags();
int32_t RemoveWatch(NativeHandle handle, int32_t watch);
int32_t TryReadWatch(NativeHandle handle, uint8_t* data, size_t size);

// The event at the front of `bytes`, which it takes off; false when there is none or it is cut off:
// then `bytes` becomes empty.
bool ParseWatchEvent(std::span<const uint8_t>& bytes, WatchEvent& event);

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_WATCH_CALLS_H_
