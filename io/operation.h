// What the kernel works on: OpBase, Operation, SocketState.
//
// An Operation is one request (a send, a connect, a receive into memory the caller hands over). A
// SocketState is one socket, together with its armed receive (or, on a backend that reports
// readiness, its registration). Both are slots of a loop's slab: their addresses are what the
// kernel is given, never those of a coroutine frame.
//
// Life of an Operation (flags under `lock`):
//
//   started    refs = future + kernel. In the loop's list, then in the kernel.
//   detached   the future was dropped: its ref goes, a cancel is requested of the home loop.
//   done       the FINAL completion came: the kernel's ref goes; result and waker are read.
//   free       the last ref went. Bytes are released, a late handle is closed: the discard action.
//
// The order of detached and done is free; an operation is free after both. A queued cancel request
// is a ref too, so a cancel never meets a slot that was used again.
//
// Life of a SocketState: refs = handles (streams, listeners) + pending futures + armed receive +
// queued request + place among those that wait for buffers. The last one closes the socket. Its
// home is the loop that armed it first: the thread where it was first awaited, so that a stolen
// task takes its connection along. Only the home loop talks to the kernel about it; others post.
//
// Thread-safety: every field by who holds `lock`, except `link` (whose list it is in) and, before
//   the first start, by the creating thread. A done operation whose last reference is the future's
//   is that one's alone (SmallLock::IsSole).
// Cost: sizes are pinned by operation_test.
#ifndef ZOKIO_IO_OPERATION_H_
#define ZOKIO_IO_OPERATION_H_

#include <cstdint>

#include "future/waker.h"
#include "io/internal/small_lock.h"
#include "io/native_handle.h"
#include "io/owned_bytes.h"

namespace zokio::io {

class Loop;

enum class OpKind : uint8_t {
  kFree,
  // SocketState: what is armed.
  kStream,
  kListener,
  kPolled,  // readiness, on every backend
  kFile,    // nothing is: it only keeps its handle open
  // Operation.
  kSend,
  kReceive,
  kConnect,
  kAwaitReady,  // of a stream, once; file.flags: kReadyRead or kReadyWrite (io/backend.h)
  // Of files. What the backend cannot do itself runs on the loop's BlockingRunner.
  kFileRead,
  kFileWrite,
  kFileSync,
  kFileAllocate,
  kFileTruncate,
  kFileStat,  // of an open file
  kOpen,
  kPathStat,
  kRename,
  kUnlink,
  kMakeDirectory,
  kListDirectory,
  kCopyRange,
  kFileSplice,  // to a pipe
  kFileReadVector,
  kFileWriteVector,
  kWatchPath,
  kNothing,
  kLast = kNothing,
};

// Whether an operation is one that a thread that may block can do in the kernel's stead.
constexpr bool IsFileKind(OpKind kind) { return kind >= OpKind::kFileRead; }

struct OpBase {
  explicit OpBase(OpKind op_kind) : kind(op_kind) {}

  OpBase* link = nullptr;
  // Who talks to the kernel about it. Null: not yet decided, or its loop is gone.
  Loop* home = nullptr;
  SmallLock lock;
  NativeHandle handle = kNoHandle;
  int32_t result = 0;  // an Operation's; a SocketState's sticky error (positive errno)
  uint32_t flags = 0;
  uint16_t refs = 0;
  OpKind kind;
};

// Flags of both.
inline constexpr uint32_t kOpQueued = 1;        // in the home's remote queue
inline constexpr uint32_t kOpCancelWanted = 2;  // what that request asks
inline constexpr uint32_t kOpCancelling = 4;    // the kernel was asked
inline constexpr uint32_t kOpInKernel = 8;      // started; the final completion is to come
inline constexpr uint32_t kOpLoopGone = 16;     // its loop ended first

// Flags of an Operation.
inline constexpr uint32_t kOpDone = 32;
inline constexpr uint32_t kOpDetached = 64;
inline constexpr uint32_t kOpOwnsHandle = 128;  // a late handle: closed with the operation
inline constexpr uint32_t kOpPooled = 256;      // done by the BlockingRunner
inline constexpr uint32_t kOpReturned = 512;    // its thread is through with it
inline constexpr uint32_t kOpLinked = 1024;     // begun behind another (Request::linked)

// Flags of a SocketState.
inline constexpr uint32_t kSocketClosed = 32;       // this end was closed
inline constexpr uint32_t kSocketEof = 64;          // the peer ended; nothing more will come
inline constexpr uint32_t kSocketFailed = 128;      // `result` says why
inline constexpr uint32_t kSocketWaiting = 256;     // a future waits to read (or accept)
inline constexpr uint32_t kSocketStarved = 512;     // among those that wait for buffers or retry
inline constexpr uint32_t kSocketArmWanted = 1024;  // request: arm the receive
inline constexpr uint32_t kSocketReadiness = 2048;  // its home reports readiness
inline constexpr uint32_t kSocketReadable = 4096;   // (readiness) trying is worth it
inline constexpr uint32_t kSocketWritable = 8192;
inline constexpr uint32_t kSocketHangup = 16384;        // (readiness) reading will not block again
inline constexpr uint32_t kSocketAccepted = 65536;      // counts as a connection of its loop
inline constexpr uint32_t kSocketWriteWaiting = 32768;  // a future waits, or an operation sends
inline constexpr uint32_t kSocketPaused = 131072;   // its receive is not armed: bytes stay in it
inline constexpr uint32_t kSocketAwaited = 262144;  // an operation waits until it is readable

// In SocketState::buffer_size: it receives into large buffers.
inline constexpr uint8_t kLargeBuffers = 128;

// Where a completing backend keeps what it received before anybody asked: buffers of the home
// loop's pool, linked by their ids.
struct ReceiveQueue {
  uint16_t head;
  uint16_t tail;
  uint32_t held;  // bytes that its buffers stand for (HeldBy); 0: it is empty
};

// One cache line, because with thousands of connections each is a miss.
struct SocketState : OpBase {
  explicit SocketState(OpKind op_kind) : OpBase(op_kind), queue() {}

  // kLargeBuffers, and how many receives in sequence said that the other size would be better. The
  // home loop's on completing backends.
  uint8_t buffer_size = 0;
  uint32_t home_index = 0;  // where the home loop lists it
  Waker read_waker;
  union {
    ReceiveQueue queue;   // completing backends
    Waker* write_waiter;  // readiness: in the future that waits, while kSocketWriteWaiting is set
  };
};

// The numbers that a file operation is asked with; which of them count is its kind's matter.
struct FileParameters {
  uint64_t offset = 0;
  uint64_t length = 0;
  uint32_t flags = 0;
  uint32_t mode = 0;
};

struct Operation : OpBase {
  explicit Operation(OpKind op_kind) : OpBase(op_kind), address{} {}

  uint32_t address_size = 0;  // kConnect: bytes of `address`
  Waker waker;
  // What the kernel reads or writes; of operations on paths: a FileArguments.
  OwnedBytes bytes;
  SocketState* socket = nullptr;  // a reference, so that its handle stays open
  union {
    alignas(4) uint8_t address[28];
    FileParameters file;
  };
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_OPERATION_H_
