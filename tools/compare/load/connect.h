// Connections to a server on 127.0.0.1, and what the process behind it has used.
#ifndef ZOKIO_TOOLS_COMPARE_LOAD_CONNECT_H_
#define ZOKIO_TOOLS_COMPARE_LOAD_CONNECT_H_

#include <cstdint>

namespace zokio::compare {

// A connected socket without Nagle's delay that resets when closed (thousands of sockets would
// wait for minutes otherwise). Ends the program when it cannot.
int ConnectTo(uint16_t port);

// The same to the Unix server at /tmp/zokio-compare-NUMBER.sock.
int ConnectToUnix(unsigned number);

// A UDP socket that sends to and receives from that port alone, and does not block.
int ConnectUdp(uint16_t port);

// CPU time of a process and all its threads, those included that ended, to the nanosecond.
int64_t CpuTimeOf(int pid);

int64_t NowNs();

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_LOAD_CONNECT_H_
