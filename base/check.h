// ZOKIO_CHECK: an invariant that, once broken, leaves nothing safe to do.
//
// A failed check prints `file:line: CHECK failed: expression (message)` to standard error and
// aborts. It is for defects of this library or of its caller, never for what the world does:
// closed peers, full disks and bad input are errors (`base/result.h`).
//
// Thread-safety: any thread, also inside a signal handler (one `write`, then `abort`).
// Cost: one predictable branch; ZOKIO_DCHECK costs nothing with NDEBUG.
#ifndef ZOKIO_BASE_CHECK_H_
#define ZOKIO_BASE_CHECK_H_

namespace zokio::internal {

[[noreturn, gnu::cold, gnu::noinline]] void CheckFailed(const char* file, int line,
                                                        const char* expression,
                                                        const char* message);

}  // namespace zokio::internal

#define ZOKIO_CHECK(condition, message) \
  (__builtin_expect(!!(condition), 1)   \
       ? static_cast<void>(0)           \
       : ::zokio::internal::CheckFailed(__FILE__, __LINE__, #condition, message))

#ifdef NDEBUG
#define ZOKIO_DCHECK(condition, message) static_cast<void>(sizeof(!!(condition)))
#else
#define ZOKIO_DCHECK(condition, message) ZOKIO_CHECK(condition, message)
#endif

#endif  // ZOKIO_BASE_CHECK_H_
