// Names in the file system: status, rename, remove, directories. All asynchronous; see FileFuture.
#ifndef ZOKIO_IO_FILE_FILE_SYSTEM_H_
#define ZOKIO_IO_FILE_FILE_SYSTEM_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "io/file/directory_entry.h"
#include "io/file/file_future.h"

namespace zokio {

FileFuture<FileStatus> StatusOf(std::string_view path, bool follow_symlinks = true);
// Replaces `to` in one step where it is there.
FileFuture<void> RenameFile(std::string_view from, std::string_view to);
FileFuture<void> RemoveFile(std::string_view path);
FileFuture<void> CreateDirectory(std::string_view path, uint32_t permissions = 0755);
// Fails where it is not empty.
FileFuture<void> RemoveDirectory(std::string_view path);
// Without "." and "..", in the file system's order.
FileFuture<std::vector<DirectoryEntry>> ListDirectory(std::string_view path);

}  // namespace zokio

#endif  // ZOKIO_IO_FILE_FILE_SYSTEM_H_
