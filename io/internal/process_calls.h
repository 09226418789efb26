// The system calls of pipes and child processes: the platform's part.
//
// Calls answer a count or a handle, or a negative errno.  Thread-safety: any thread.
#ifndef ZOKIO_IO_INTERNAL_PROCESS_CALLS_H_
#define ZOKIO_IO_INTERNAL_PROCESS_CALLS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/native_handle.h"

namespace zokio::io {

// Read end, write end.
Result<std::array<NativeHandle, 2>> OpenPipe();
int32_t TryReadPipe(NativeHandle handle, uint8_t* data, size_t size);
// A reader that is gone is -EPIPE, without a signal.
int32_t TryWritePipe(NativeHandle handle, const uint8_t* data, size_t size);

struct SpawnedProcess {
  int32_t id = 0;
  NativeHandle handle = kNoHandle;  // readable once the process ended
};
// `standard` are the child's input, output and errors; kNoHandle: /dev/null.
Result<SpawnedProcess> SpawnProcess(const std::vector<std::string>& arguments,
                                    const std::vector<std::string>* environment,
                                    const std::array<NativeHandle, 3>& standard);

// -EAGAIN while it runs, else 0 with its exit code or the signal that ended it.
int32_t TryReap(NativeHandle process, int32_t& exit_code, int32_t& signal);
int32_t SignalProcess(NativeHandle process, int32_t signal);
// A second descriptor of the same process, or kNoHandle.
NativeHandle DuplicateHandle(NativeHandle handle);
// Waits until it ended, reaps it and closes the handle.
void ReapAndClose(NativeHandle process);

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_PROCESS_CALLS_H_
