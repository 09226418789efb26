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
  // are made.
  uint32_t buffer_size = 4096;
  uint32_t buffers_max = 4096;
  // A stream whose owner does not read stops receiving at this many unread buffers.
  uint32_t unread_buffers_max = 64;
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
