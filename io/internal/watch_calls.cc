#include "io/internal/watch_calls.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace zokio::io {
namespace {

constexpr uint32_t kWanted = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB |
                             IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;

uint32_t ChangesOf(uint32_t mask) {
  constexpr struct {
    uint32_t bit;
    uint32_t change;
  } kTable[] = {
      {IN_CREATE, WatchEvent::kCreated},    {IN_DELETE, WatchEvent::kRemoved},
      {IN_DELETE_SELF, WatchEvent::kGone},  {IN_MOVE_SELF, WatchEvent::kGone},
      {IN_UNMOUNT, WatchEvent::kGone},      {IN_IGNORED, WatchEvent::kGone},
      {IN_MODIFY, WatchEvent::kModified},   {IN_CLOSE_WRITE, WatchEvent::kWritten},
      {IN_ATTRIB, WatchEvent::kAttributes}, {IN_MOVED_FROM, WatchEvent::kMovedFrom},
      {IN_MOVED_TO, WatchEvent::kMovedTo},  {IN_Q_OVERFLOW, WatchEvent::kOverflow},
  };
  uint32_t changes = 0;
  for (const auto& entry : kTable) {
    if ((mask & entry.bit) != 0) changes |= entry.change;
  }
  return changes;
}

}  // namespace

int32_t OpenWatch() {
  const int handle = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  return handle >= 0 ? handle : -errno;
}

uint32_t NativeWatchFlags() { return kWanted; }

int32_t RemoveWatch(NativeHandle handle, int32_t watch) {
  return inotify_rm_watch(handle, watch) == 0 ? 0 : -errno;
}

int32_t TryReadWatch(NativeHandle handle, uint8_t* data, size_t size) {
  const ssize_t count = read(handle, data, size);
  return count >= 0 ? static_cast<int32_t>(count) : -errno;
}

bool ParseWatchEvent(std::span<const uint8_t>& bytes, WatchEvent& event) {
  inotify_event head;
  if (bytes.size() < sizeof(head)) {
    bytes = {};
    return false;
  }
  std::memcpy(&head, bytes.data(), sizeof(head));
  bytes = bytes.subspan(sizeof(head));
  if (head.len > bytes.size()) {
    bytes = {};
    return false;
  }
  const std::string_view name(reinterpret_cast<const char*>(bytes.data()), head.len);
  bytes = bytes.subspan(head.len);
  event.watch = head.wd;
  event.changes = ChangesOf(head.mask);
  event.is_directory = (head.mask & IN_ISDIR) != 0;
  event.move_id = head.cookie;
  event.name = name.substr(0, name.find('\0'));
  return true;
}

}  // namespace zokio::io
