// IsQuiet: whether a stream that nobody uses could be used again.
//
// It is when the peer has neither ended it nor sent anything: what comes unasked belongs to no
// answer. What the peer does a moment later is found by who uses the stream.
//
// Thread-safety: as a read of the stream; on a thread with a loop.
// Cost: a system call; it arms the receive where the stream was never read.
#ifndef ZOKIO_IO_NET_STREAM_HEALTH_H_
#define ZOKIO_IO_NET_STREAM_HEALTH_H_

#include "io/socket_stream.h"

namespace zokio {

// False takes what had come with it: the stream is not to be used again.
bool IsQuiet(SocketStream& stream);

}  // namespace zokio

#endif  // ZOKIO_IO_NET_STREAM_HEALTH_H_
