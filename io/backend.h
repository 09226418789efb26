// Backend: a way to have the kernel work, behind calls that take batches.
//
// Two kinds. A *completing* backend (io_uring) is handed operations and reports that they are
// done: a socket's armed receive fills buffers of the loop's pool. A *readiness* backend (epoll)
// is handed sockets and reports that trying is worth it; the futures then make the non-blocking
// call. A future asks once which kind it is on; nothing else differs.
//
// Virtual calls are paid per batch, never per operation.
//
// Ownership: one per loop. What a request names stays alive until its final completion.
// Thread-safety: Wake from any thread; Attach binds everything else to the calling thread.
// Errors: operations fail by their completions; nothing crashes the loop.
#ifndef ZOKIO_IO_BACKEND_H_
#define ZOKIO_IO_BACKEND_H_

#include <cstdint>
#include <span>

#include "base/clock.h"
#include "io/backend_report.h"
#include "io/buffer_pool.h"
#include "io/operation.h"

namespace zokio::io {

enum class Action : uint8_t {
  kStart,   // begin the operation, arm the socket, or register it
  kCancel,  // ask for an early final completion
  kClose,   // close `handle`; `op` is gone
};

struct Request {
  OpBase* op;
  NativeHandle handle;
  Action action;
  // Of a kCancel, whose `op` may be free by now: only its address counts.
  OpKind kind = OpKind::kFree;
  // Of a kStart: the next request of the same Submit begins only once this one has succeeded whole;
  // else it and those linked behind it answer -ECANCELED.
  bool linked = false;
};

inline constexpr int32_t kNoBuffer = -1;

struct Completion {
  OpBase* op;
  int32_t result;  // bytes, a handle, readiness bits, or a negative errno
  int32_t buffer;  // of the pool, or kNoBuffer
  bool more;       // not the final one
};

// Readiness bits in `Completion::result`.
inline constexpr int32_t kReadyRead = 1;
inline constexpr int32_t kReadyWrite = 2;
inline constexpr int32_t kReadyHangup = 4;  // the peer ended or the socket failed

struct BackendStats {
  uint64_t enters = 0;     // system calls to submit, to wait or to fetch
  uint64_t submitted = 0;  // requests handed to the kernel
  uint64_t overflows = 0;  // times the completion queue was too small
  uint64_t wakes = 0;      // wake-ups received
  uint64_t fixed = 0;      // transfers to and from registered memory
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual const BackendReport& report() const = 0;
  virtual bool completes() const = 0;
  // Whether it does operations of this kind itself. Asked once per kind and loop.
  virtual bool Handles(OpKind kind) const = 0;

  // Makes transfers of files to and from this memory fixed ones. False: they stay as they are.
  // REQUIRES: attached; the memory outlives the backend's Detach.
  virtual bool RegisterMemory(std::span<uint8_t> memory) {
    (void)memory;
    return false;
  }

  // How many requests may be linked to each other. 1: none.
  virtual uint32_t links_max() const { return 1; }

  // Binds the backend to this thread. `pool` gives the buffers for armed receives; `large` those
  // of sockets with kLargeBuffers: where it is null, there are none.
  virtual void Attach(BufferPool* pool, BufferPool* large) = 0;
  // Lets go of the kernel's side. Nothing is in flight. Returns how many buffers the kernel held.
  virtual uint32_t Detach() = 0;

  // Small buffers that armed receives may fill.
  virtual uint32_t buffers_held() const { return 0; }
  // A receive found no buffer: more are to be held.
  virtual void OnOutOfBuffers(bool large) { (void)large; }

  virtual void Submit(std::span<const Request> requests) = 0;

  // Fills `out` with completions and returns how many. Hands submitted requests to the kernel
  // where it has not seen them. With `wait`, and nothing there, waits for a completion, a Wake or
  // the deadline; may return early.
  virtual int Reap(std::span<Completion> out, bool wait, Instant deadline) = 0;

  // Makes the current or next waiting Reap return. From any thread.
  virtual void Wake() = 0;

  virtual BackendStats stats() const = 0;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_BACKEND_H_
