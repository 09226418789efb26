// NativeHandle: what the operating system calls an open socket or file.
//
// The one place that knows its type: a descriptor here, a HANDLE on Windows. Everything above
// stores it, compares it with kNoHandle and passes it on, and assumes nothing else.
#ifndef ZOKIO_IO_NATIVE_HANDLE_H_
#define ZOKIO_IO_NATIVE_HANDLE_H_

namespace zokio::io {

using NativeHandle = int;

inline constexpr NativeHandle kNoHandle = -1;

}  // namespace zokio::io

#endif  // ZOKIO_IO_NATIVE_HANDLE_H_
