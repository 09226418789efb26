#include "io/file/file_system.h"

#include <memory>
#include <utility>

#include "io/internal/file_calls.h"

namespace zokio {
namespace {

using io::FileArguments;
using io::FileCall;
using io::FileParameters;
using io::OpKind;

FileCall OnPath(OpKind kind, const char* name, std::string_view path,
                const FileParameters& parameters = FileParameters()) {
  auto arguments = std::make_unique<FileArguments>();
  arguments->path = path;
  return FileCall(kind, name, std::move(arguments), parameters);
}

FileFuture<void> Unlink(std::string_view path, bool directory, const char* name) {
  FileParameters parameters;
  parameters.flags = io::NativeUnlinkFlags(directory);
  return FileFuture<void>(OnPath(OpKind::kUnlink, name, path, parameters));
}

}  // namespace

FileFuture<FileStatus> StatusOf(std::string_view path, bool follow_symlinks) {
  FileParameters parameters;
  parameters.flags = io::NativeStatusFlags(follow_symlinks);
  parameters.mode = io::NativeStatusMask();
  return FileFuture<FileStatus>(OnPath(OpKind::kPathStat, "status", path, parameters));
}

FileFuture<void> RenameFile(std::string_view from, std::string_view to) {
  auto arguments = std::make_unique<FileArguments>();
  arguments->path = from;
  arguments->target = to;
  return FileFuture<void>(
      FileCall(OpKind::kRename, "rename", std::move(arguments), FileParameters()));
}

FileFuture<void> RemoveFile(std::string_view path) { return Unlink(path, false, "remove file"); }

FileFuture<void> CreateDirectory(std::string_view path, uint32_t permissions) {
  FileParameters parameters;
  parameters.mode = permissions;
  return FileFuture<void>(OnPath(OpKind::kMakeDirectory, "create directory", path, parameters));
}

FileFuture<void> RemoveDirectory(std::string_view path) {
  return Unlink(path, true, "remove directory");
}

FileFuture<std::vector<DirectoryEntry>> ListDirectory(std::string_view path) {
  return FileFuture<std::vector<DirectoryEntry>>(
      OnPath(OpKind::kListDirectory, "list directory", path));
}

}  // namespace zokio
