// Sizes that the design pins; see operation.h.
#include "io/operation.h"

#include "gtest/gtest.h"
#include "io/lease.h"
#include "io/read_future.h"
#include "io/tcp_stream.h"
#include "io/write_future.h"

namespace zokio::io {
namespace {

TEST(OperationTest, SizesArePinned) {
  EXPECT_LE(sizeof(Operation), 128u);
  // A connection's armed receive: one cache line.
  EXPECT_LE(sizeof(SocketState), 64u);
  // Stream and armed receive: what an idle connection costs here, besides its task.
  EXPECT_LE(sizeof(TcpStream) + sizeof(SocketState), 128u);
  EXPECT_LE(sizeof(Lease), 24u);
  EXPECT_LE(sizeof(ReadLease), 16u);
  EXPECT_LE(sizeof(WriteAll), 96u);
}

}  // namespace
}  // namespace zokio::io
