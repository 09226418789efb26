// Errors say what they are about.
#include "io/error_subject.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "io/file/file.h"
#include "io/testing.h"
#include "io/udp_socket.h"
#include "io/unix_socket.h"

namespace zokio {
namespace {

using io::testing::AttachedLoop;
using io::testing::Await;
using io::testing::Connection;
using io::testing::Driven;
using io::testing::MakeConnection;

class ErrorSubjectTest : public io::testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(ErrorSubjectTest);

void ExpectSubject(const Error& error, const char* operation, HandleKind kind,
                   std::string_view address) {
  const std::optional<ErrorSubject> subject = SubjectOf(error);
  ASSERT_TRUE(subject.has_value()) << error.ToString();
  EXPECT_EQ(subject->operation, operation);
  EXPECT_EQ(subject->kind, kind);
  EXPECT_EQ(subject->address, address);
}

// An address of this machine where nobody listens: one was bound there, and is not any more.
SocketAddress Deserted() {
  const Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  return *listener->local_address();
}

TEST_P(ErrorSubjectTest, ARefusedConnectionNamesItsAddress) {
  AttachedLoop loop(GetParam());
  const SocketAddress address = Deserted();
  io::testing::TurnUntil([&] {
    const Result<TcpStream> stream = Await(TcpStream::Connect(address));
    // The listener may still be closing.
    if (stream.ok() || stream.error().code() != ErrorCode::kConnectionRefused) return false;
    ExpectSubject(stream.error(), "connect", HandleKind::kTcp, address.ToString());
    const std::string text = stream.error().ToString();
    EXPECT_EQ(text.find("connect tcp " + address.ToString() + ": connection refused"), 0u) << text;
    return true;
  });
}

TEST_P(ErrorSubjectTest, AnAddressInUseIsNamed) {
  AttachedLoop loop(GetParam());
  const Result<TcpListener> first = Await(TcpListener::Bind("127.0.0.1:0"));
  const SocketAddress address = *first->local_address();
  const Result<TcpListener> second = Await(TcpListener::Bind(address));
  ExpectSubject(second.error(), "bind", HandleKind::kTcp, address.ToString());
  const Result<UdpSocket> udp = Await(UdpSocket::Bind("127.0.0.1:0"));
  const SocketAddress taken = *udp->local_address();
  const Result<UdpSocket> again = Await(UdpSocket::Bind(taken));
  ExpectSubject(again.error(), "bind", HandleKind::kUdp, taken.ToString());
  const UnixAddress nobody = *UnixAddress::Abstract("zokio-nobody-is-here");
  const Result<UnixStream> stream = Await(UnixStream::Connect(nobody));
  ExpectSubject(stream.error(), "connect", HandleKind::kUnixStream, "@zokio-nobody-is-here");
}

TEST_P(ErrorSubjectTest, AResetTellsTheKindOfDescriptor) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  Driven read(connection.stream.Read());
  ASSERT_FALSE(read.Poll());
  connection.peer.Reset();
  const Result<Lease> chunk = read.Finish();
  EXPECT_EQ(chunk.error().code(), ErrorCode::kConnectionReset);
  ExpectSubject(chunk.error(), "read", HandleKind::kTcp, "");
  EXPECT_EQ(chunk.error().ToString().find("read tcp: connection reset"), 0u);
}

TEST_P(ErrorSubjectTest, ADatagramNamesWhereItWasToGo) {
  AttachedLoop loop(GetParam());
  Result<UdpSocket> socket = Await(UdpSocket::Bind("127.0.0.1:0"));
  const SocketAddress to = SocketAddress::Ipv4({127, 0, 0, 1}, 9);
  const Result<void> sent = Await(socket->SendTo(std::string(70'000, 'd'), to));
  EXPECT_EQ(sent.error().code(), ErrorCode::kOutOfRange);
  ExpectSubject(sent.error(), "send", HandleKind::kUdp, "127.0.0.1:9");
}

TEST_P(ErrorSubjectTest, AFileNamesItsPathOrKind) {
  AttachedLoop loop(GetParam());
  const Result<File> missing = Await(File::Open("/no/such/file"));
  ExpectSubject(missing.error(), "open", HandleKind::kUnknown, "/no/such/file");
  Result<File> directory = Await(File::Open("/"));
  const Result<io::OwnedBytes> bytes = Await(directory->ReadAt(0, 10));
  EXPECT_EQ(bytes.error().os_error(), EISDIR);
  ExpectSubject(bytes.error(), "read file", HandleKind::kDirectory, "");
}

// Of too many addresses the kind is still told; a long path keeps its end. (In a child: the table is
// the process's.)
[[noreturn]] void FillTheTable() {
  const std::string long_path = std::string(500, 'p') + "/end";
  const Error long_error = io::ErrorAbout(ENOENT, "open", HandleKind::kFile, long_path);
  const std::string_view address = SubjectOf(long_error)->address;
  ZOKIO_CHECK(address.size() < 130 && address.ends_with("/end"), "a long path");
  Error error;
  for (size_t i = 0; i <= kErrorAddressesMax; ++i) {
    error = io::ErrorAbout(ECONNREFUSED, "connect", HandleKind::kTcp, "host-" + std::to_string(i));
  }
  ZOKIO_CHECK(error.ToString().find("connect tcp: ") == 0, "too many addresses");
  const Error kept = io::ErrorAbout(ECONNREFUSED, "connect", HandleKind::kTcp, "host-0");
  ZOKIO_CHECK(SubjectOf(kept)->address == "host-0", "an address that is known already");
  std::_Exit(7);
}

TEST(ErrorTableDeathTest, ItsSizeIsBounded) {
  EXPECT_EXIT(FillTheTable(), ::testing::ExitedWithCode(7), "");
  EXPECT_FALSE(SubjectOf(Error(ErrorCode::kClosed, "read")).has_value());
}

}  // namespace
}  // namespace zokio
