// OpenOptions: how a file is opened.
//
//   zokio::OpenOptions::Read()       an existing file, for reading (the default)
//   zokio::OpenOptions::Write()      for writing: made where missing, emptied where not
//   zokio::OpenOptions::Update()     for both: made where missing, kept where not
//   zokio::OpenOptions::Append()     for writing at the end, whatever offset is given
//   zokio::OpenOptions::Temporary()  for both: a file without a name, in the directory given
//
// A class with a constructor, not an aggregate, because awaited calls take it (g++-12).
#ifndef ZOKIO_IO_FILE_OPEN_OPTIONS_H_
#define ZOKIO_IO_FILE_OPEN_OPTIONS_H_

#include <cstdint>

namespace zokio {

struct OpenOptions {
  OpenOptions() {}

  static OpenOptions Read() { return OpenOptions(); }
  static OpenOptions Write() {
    OpenOptions options;
    options.read = false;
    options.write = options.create = options.truncate = true;
    return options;
  }
  static OpenOptions Update() {
    OpenOptions options;
    options.write = options.create = true;
    return options;
  }
  static OpenOptions Append() {
    OpenOptions options = Write();
    options.truncate = false;
    options.append = true;
    return options;
  }

  static OpenOptions Temporary() {
    OpenOptions options;
    options.write = options.temporary = true;
    options.permissions = 0600;
    return options;
  }

  bool read = true;
  bool write = false;
  bool create = false;
  bool create_new = false;  // fails with kAlreadyExists where there is one
  bool truncate = false;
  bool append = false;
  bool direct =
      false;  // past the page cache: offsets, sizes and memory aligned to the disk's block
  // Without a name, gone with its last user; the path is the directory whose disk holds it.
  bool temporary = false;
  bool directory = false;  // only a directory, as Sync of it wants
  // With create_new: a file made for an open that was dropped meanwhile is removed again.
  bool remove_if_late = false;
  uint32_t permissions = 0644;
};

}  // namespace zokio

#endif  // ZOKIO_IO_FILE_OPEN_OPTIONS_H_
