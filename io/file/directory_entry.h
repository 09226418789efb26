// FileType, DirectoryEntry, FileStatus: what the file system says of a name.
//
// Thread-safety: plain values.
#ifndef ZOKIO_IO_FILE_DIRECTORY_ENTRY_H_
#define ZOKIO_IO_FILE_DIRECTORY_ENTRY_H_

#include <cstdint>
#include <string>

namespace zokio {

enum class FileType : uint8_t { kUnknown, kRegular, kDirectory, kSymlink, kSocket, kPipe, kDevice };

struct DirectoryEntry {
  std::string name;
  FileType type = FileType::kUnknown;  // kUnknown where the file system does not tell
};

struct FileStatus {
  FileType type = FileType::kUnknown;
  uint32_t permissions = 0;  // as in 0644
  uint64_t size = 0;
  uint64_t allocated_bytes = 0;
  uint64_t inode = 0;
  uint32_t links = 0;
  uint32_t user = 0;
  uint32_t group = 0;
  // Since 1970.
  int64_t accessed_ns = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;
  int64_t created_ns = 0;  // 0 where the file system does not know
};

}  // namespace zokio

#endif  // ZOKIO_IO_FILE_DIRECTORY_ENTRY_H_
