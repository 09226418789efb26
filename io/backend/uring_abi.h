// Constants of io_uring that Debian's liburing 2.3 headers do not have.
//
// They are part of the kernel's stable interface. None is used unless the probe found that this
// kernel knows it.
//
// Source: the kernel's include/uapi/linux/io_uring.h.
#ifndef ZOKIO_IO_BACKEND_URING_ABI_H_
#define ZOKIO_IO_BACKEND_URING_ABI_H_

#include <liburing.h>

namespace zokio::io::uring {

// io_uring_register: post one message to a ring without having one (Linux 6.13).
inline constexpr unsigned kRegisterSendMsgRing = 31;

// Operations.
inline constexpr __u8 kOpFtruncate = 55;  // Linux 6.9

// user_data that name no operation: operations are pointers, which are larger.
inline constexpr __u64 kIgnored = 0;
inline constexpr __u64 kWakeUp = 1;

// Set in the user_data of polls, whose results are readiness.
inline constexpr __u64 kPollTag = 2;

// Of small and of large receive buffers.
inline constexpr __u16 kBufferGroup = 0;
inline constexpr __u16 kLargeBufferGroup = 1;

}  // namespace zokio::io::uring

#endif  // ZOKIO_IO_BACKEND_URING_ABI_H_
