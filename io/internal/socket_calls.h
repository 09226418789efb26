// The system calls on sockets, none of which blocks: the platform's part of this package.
//
// Calls answer a count or handle, or a negative errno, and are restarted when interrupted.
//
// Thread-safety: any thread.
#ifndef ZOKIO_IO_INTERNAL_SOCKET_CALLS_H_
#define ZOKIO_IO_INTERNAL_SOCKET_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "io/native_handle.h"
#include "io/socket_address.h"

namespace zokio::io {

// What ends in the kernel: `sockaddr` bytes. At most 28 of them for an IP address.
struct RawAddress {
  alignas(8) uint8_t bytes[28];
  uint32_t size;
};
RawAddress ToRaw(const SocketAddress& address);
// None of another family than IPv4 and IPv6.
SocketAddress FromRaw(const uint8_t* bytes, uint32_t size);

void CloseSocket(NativeHandle handle);

int32_t TrySend(NativeHandle handle, const uint8_t* data, size_t size);
// From and into several places, of which the first 64 count.
int32_t TrySendVector(NativeHandle handle, std::span<const std::span<const uint8_t>> pieces);
int32_t TryReceiveVector(NativeHandle handle, std::span<const std::span<uint8_t>> pieces);
int32_t TryReceive(NativeHandle handle, uint8_t* data, size_t size);
// The accepted handle.  REQUIRES: the listener does not block.
int32_t TryAccept(NativeHandle listener);
// 0 when connected at once, -EINPROGRESS when under way.  REQUIRES: the socket does not block.
int32_t TryConnect(NativeHandle handle, const SocketAddress& address);
// Takes the socket's pending error: 0 or a negative errno.
int32_t TakeSocketError(NativeHandle handle);

struct ListenParameters {
  bool reuse_port = false;
  bool only_ipv6 = false;
  int backlog = 4096;
};
// A listening socket; blocking, as completing backends want it.
Result<NativeHandle> OpenListener(const SocketAddress& address, const ListenParameters& parameters);
// An unconnected TCP socket: a handle or a negative errno.
int32_t OpenTcp(SocketAddress::Family family);

void SetNonBlocking(NativeHandle handle, bool on = true);
void SetNoDelay(NativeHandle handle, bool on);
struct KeepAliveParameters {
  bool on = true;
  int32_t idle_s = 60;      // silence until the first probe
  int32_t interval_s = 10;  // between probes
  int32_t probes = 6;       // unanswered ones until the connection is reset
};
int32_t SetKeepAlive(NativeHandle handle, const KeepAliveParameters& parameters);
// How long closing tries to deliver what is left; 0: closing resets; negative: the system's way.
int32_t SetLinger(NativeHandle handle, int32_t seconds);
// Of the system, for bytes under way; it doubles them for its own needs.
int32_t SetSocketBuffers(NativeHandle handle, int32_t receive_bytes, int32_t send_bytes);
void ShutdownBoth(NativeHandle handle);
Result<void> ShutdownSend(NativeHandle handle);
Result<SocketAddress> LocalAddressOf(NativeHandle handle);
Result<SocketAddress> PeerAddressOf(NativeHandle handle);

// Accept: no descriptor or memory left; waiting may help.
bool IsResourceExhaustion(int os_error);
// Accept: that one connection failed, the next may not.
bool IsTransientAcceptError(int os_error);

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_SOCKET_CALLS_H_
