// Whole files: ReadFile, WriteFile, WriteFileAtomically, CopyFile.
//
// Errors: as FileFuture; kOutOfRange for a file larger than the stated limit.
// Cancellation: a cancelled WriteFileAtomically leaves the old file or the new one, whole, and
//   removes its temporary file.
#ifndef ZOKIO_IO_FILE_WHOLE_FILE_H_
#define ZOKIO_IO_FILE_WHOLE_FILE_H_

#include <cstdint>
#include <string>

#include "base/result.h"
#include "future/task.h"

namespace zokio {

inline constexpr uint64_t kReadFileMax = uint64_t{1} << 30;

// The file's bytes, of at most `size_max`. Also of files that tell no size, as in /proc.
Task<Result<std::string>> ReadFile(std::string path, uint64_t size_max = kReadFileMax);

// Makes or empties the file and writes `data`.
Task<Result<void>> WriteFile(std::string path, std::string data);

// Readers see the old contents or the new ones, also after a crash: writes a temporary file beside
// it, syncs that, renames it, syncs the directory. The permissions are those given.
Task<Result<void>> WriteFileAtomically(std::string path, std::string data,
                                       uint32_t permissions = 0644);

// Inside the kernel where it can; yields how many bytes.
Task<Result<uint64_t>> CopyFile(std::string from, std::string to);

}  // namespace zokio

#endif  // ZOKIO_IO_FILE_WHOLE_FILE_H_
