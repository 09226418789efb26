// The system calls on files: the platform's part of file operations.
//
// Calls answer a count or a handle, or a negative errno.
//
// Thread-safety: any thread.
#ifndef ZOKIO_IO_INTERNAL_FILE_CALLS_H_
#define ZOKIO_IO_INTERNAL_FILE_CALLS_H_

#include <cstddef>
#include <cstdint>

#include "io/file/directory_entry.h"
#include "io/file/open_options.h"
#include "io/native_handle.h"
#include "io/operation.h"

namespace zokio::io {

// Does a file operation by calls that may block; restarted when interrupted.
int32_t RunFileCall(const Operation& op);

// The discard action of an open whose future went: what it may have made is removed.
void DiscardLateFile(const Operation& op);

// Reads what is in the page cache: -EAGAIN where the disk would be asked, or the file cannot tell.
int32_t TryReadAt(NativeHandle handle, uint8_t* data, size_t size, uint64_t offset);

// What `FileParameters::flags` is for an open, a status and an unlink.
uint32_t NativeOpenFlags(const OpenOptions& options);
uint32_t NativeStatusFlags(bool follow_symlinks);
uint32_t NativeUnlinkFlags(bool directory);
// What FileParameters::mode is for a status.
uint32_t NativeStatusMask();

// Reads a statx buffer.
FileStatus StatusFromNative(const uint8_t* status);

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_FILE_CALLS_H_
