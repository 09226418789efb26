// LoopOptions: what a loop is made with.
//
// A class with a constructor, not an aggregate, because awaited calls take it (g++-12).
#ifndef ZOKIO_IO_LOOP_OPTIONS_H_
#define ZOKIO_IO_LOOP_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "io/backend_report.h"

namespace zokio::io {

class Backend;
class BlockingRunner;

struct LoopOptions {
  LoopOptions() {}

  BackendChoice backend = BackendChoice::kAuto;
  // Bytes of one receive buffer and how many a loop makes at most. Only as many as the load needs
  // are made. Larger ones make every small message dearer: more pages are in use.
  uint32_t buffer_size = 4096;
  uint32_t buffers_max = 4096;
  // A stream whose messages fill several of these in a row receives into large ones from then on,
  // until 64 receives in sequence would have fit a small one. Size 0: never.
  uint32_t large_buffer_size = 64u << 10;
  uint32_t large_buffers_max = 256;
  // A stream whose owner does not read stops receiving at so many unread bytes (a buffer counts as
  // a page at the least), which pushes back on the peer.
  uint32_t unread_bytes_max = 256u << 10;
  // At so many accepted connections that are not closed, Accept waits until one is; the next ones
  // wait in the kernel's backlog. 0: no limit but the descriptors.
  uint32_t connections_max = 0;
  // Buffers that the kernel knows for good, for RegisteredBytes. Their pages count against the
  // limit of locked memory; where that is too low they serve as any memory does.
  uint32_t registered_buffers = 0;
  uint32_t registered_buffer_size = 64u << 10;
  // Submission and completion queue of io_uring. More is submitted in several calls.
  uint32_t submission_entries = 1024;
  uint32_t completion_entries = 8192;
  // A write up to this size is tried by a direct call inside poll first; 0: never (measured).
  uint32_t speculative_send_max = 1u << 20;
  // Where file operations run that the backend cannot do itself; outlives the loop. CreateLoop puts
  // the process's own (DefaultBlockingRunner) where it is null.
  BlockingRunner* blocking_runner = nullptr;
  // Puts something between the loop and the backend chosen: faults, a log. Empty: nothing.
  std::function<std::unique_ptr<Backend>(std::unique_ptr<Backend>)> wrap_backend;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_LOOP_OPTIONS_H_
