// The system calls of datagram sockets, none of which blocks: the platform's part.
//
// Calls answer a count or a handle, or a negative errno.
//
// Thread-safety: any thread.
#ifndef ZOKIO_IO_INTERNAL_DATAGRAM_CALLS_H_
#define ZOKIO_IO_INTERNAL_DATAGRAM_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/native_handle.h"
#include "io/socket_address.h"
#include "io/unix_address.h"

namespace zokio::io {

// The most descriptors that one message carries.
inline constexpr size_t kHandlesMax = 16;

struct ReceivedDatagram {
  SocketAddress from;
  UnixAddress unix_from;
  uint32_t segment_size = 0;  // of datagrams that the kernel put together, else 0
  bool truncated = false;
  std::vector<NativeHandle> handles;
};

struct UdpParameters {
  bool reuse_port = false;
  bool only_ipv6 = false;
};
Result<NativeHandle> OpenUdp(const SocketAddress& address, const UdpParameters& parameters);
int32_t ConnectUdp(NativeHandle handle, const SocketAddress& peer);
// One datagram, or, with a segment size, as many as the bytes make. `to` may be null.
int32_t TrySendUdp(NativeHandle handle, std::span<const uint8_t> bytes, const SocketAddress* to,
                   uint16_t segment_size);
// A datagram of UDP without what comes beside it: cheaper.
int32_t TryReceiveUdp(NativeHandle handle, uint8_t* data, size_t size, ReceivedDatagram& received);
int32_t TryReceiveDatagram(NativeHandle handle, uint8_t* data, size_t size,
                           ReceivedDatagram& received);
// The kernel puts together datagrams of one sender.
int32_t SetUdpCoalescing(NativeHandle handle, bool on);

// ---- Unix sockets: `stream` or datagram
// ----------------------------------------------------------

Result<NativeHandle> OpenUnix(bool stream);
Result<NativeHandle> OpenUnixBound(const UnixAddress& address, bool stream, int backlog);
// Two connected sockets.
Result<std::array<NativeHandle, 2>> OpenUnixPair(bool stream);
int32_t TryConnectUnix(NativeHandle handle, const UnixAddress& address);
int32_t TrySendUnix(NativeHandle handle, std::span<const uint8_t> bytes, const UnixAddress* to,
                    std::span<const NativeHandle> handles);
// What ends in the kernel, for a connect: `sockaddr` bytes. Answers how many.
uint32_t ToRawUnix(const UnixAddress& address, uint8_t* bytes, size_t capacity);

struct PeerCredentials {
  int32_t process = 0;
  uint32_t user = 0;
  uint32_t group = 0;
};
Result<PeerCredentials> CredentialsOfPeer(NativeHandle handle);

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_DATAGRAM_CALLS_H_
