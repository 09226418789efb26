// WatchEvent: what happened to a watched file, or in a watched directory.
#ifndef ZOKIO_IO_FILE_WATCH_EVENT_H_
#define ZOKIO_IO_FILE_WATCH_EVENT_H_

#include <cstdint>
#include <string>

namespace zokio {

struct WatchEvent {
  enum Change : uint32_t {
    kCreated = 1,
    kRemoved = 2,
    kModified = 4,     // bytes or size
    kWritten = 8,      // closed by somebody who could write
    kAttributes = 16,  // permissions, times, links
    kMovedFrom = 32,   // with the `move_id` of the kMovedTo that belongs to it
    kMovedTo = 64,
    // What is watched was removed or unmounted, or the watch ended by Remove: nothing comes after
    // it (but it may come twice). Or it was moved: further changes come still, until Remove.
    kGone = 128,
    kOverflow = 256,  // events were lost: look for yourself
  };

  int32_t watch = -1;  // as FileWatcher::Add answered; -1 for kOverflow
  uint32_t changes = 0;
  uint32_t move_id = 0;
  bool is_directory = false;
  std::string name;  // in the watched directory; empty where the watched thing itself is meant

  bool Has(Change change) const { return (changes & change) != 0; }
};

}  // namespace zokio

#endif  // ZOKIO_IO_FILE_WATCH_EVENT_H_
