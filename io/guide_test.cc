// The pieces of code that docs/guide/io.md prints, compiled and run; guide_document_test.py holds
// the two together.
#include <cstdio>
#include <string>

#include "future/timeout.h"
#include "io/backend/fault.h"
#include "io/buffered_reader.h"
#include "io/chain.h"
#include "io/file/file.h"
#include "io/file/whole_file.h"
#include "io/stream_copy.h"
#include "io/testing.h"
#include "io/udp_socket.h"
#include "io/unix_socket.h"

namespace zokio {
namespace {

Task<Result<std::string>> AskForALine(TcpStream& stream) {
  auto sent = co_await stream.WriteAll(std::string("hello\n"));
  if (!sent.ok()) co_return sent.error();
  BufferedReader reader(&stream);
  co_return co_await reader.ReadUntil('\n', 8192);
}

Task<Result<void>> ServeOneProxy(TcpListener& listener, SocketAddress server) {
  auto client = co_await listener.Accept();
  if (!client.ok()) co_return client.error();
  auto upstream = co_await TcpStream::Connect(server);
  if (!upstream.ok()) co_return upstream.error();
  auto counts = co_await Proxy(*client, *upstream);
  if (!counts.ok()) co_return counts.error();
  co_return {};
}

Task<Result<void>> KeepSafely(std::string path, std::string text) {
  // Readers see the old contents or the new ones, also after a crash.
  auto kept = co_await WriteFileAtomically(path, text);
  if (!kept.ok()) co_return kept;
  auto file = co_await File::Open(path);
  if (!file.ok()) co_return file.error();
  auto head = co_await file->ReadAt(0, 4096);  // shorter at the end of the file
  if (!head.ok()) co_return head.error();
  co_return {};
}

Task<Result<void>> KeepRecord(File& journal, uint64_t end, std::string record) {
  // On io_uring the kernel is told of both at once.
  auto kept = co_await Chain(journal.WriteAt(end, std::move(record)), journal.SyncData());
  if (!kept.ok()) co_return kept.error();  // of the link that failed; those behind it did not begin
  co_return {};
}

Task<Result<void>> AnswerOneDatagram(UdpSocket& socket) {
  auto datagram = co_await socket.Receive();
  if (!datagram.ok()) co_return datagram.error();
  co_return co_await socket.SendTo(std::move(datagram->bytes), datagram->from);
}

Task<Result<void>> PassAFile(UnixDatagram& to, File file) {
  std::vector<io::OwnedHandle> handles;
  handles.emplace_back(dup(file.native_handle()));
  co_return co_await to.Send(std::string("take this"), std::move(handles));
}

Task<Result<size_t>> ReadForASecond(TcpStream& stream) {
  auto chunk = co_await Timeout(stream.Read(), std::chrono::seconds(1));
  if (!chunk.ok()) co_return chunk.error();  // kDeadlineExceeded: no byte was lost
  co_return chunk->size();
}

io::LoopOptions HostileLoop(uint64_t seed) {
  io::FaultOptions faults;
  faults.seed = seed;
  io::LoopOptions options;
  options.wrap_backend = io::WithFaults(faults);
  return options;
}

class GuideTest : public io::testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(GuideTest);

using io::testing::AttachedLoop;
using io::testing::Await;
using io::testing::RunTask;
using io::testing::TurnUntil;

Task<void> AnswerOnce(TcpListener& listener) {
  auto stream = co_await listener.Accept();
  if (!stream.ok()) co_return;
  auto question = co_await stream->Read();
  if (!question.ok()) co_return;
  (void)co_await stream->WriteAll(std::string("and to you\n"));
}

Task<void> Ask(SocketAddress front, std::string* line, size_t* rest) {
  auto stream = co_await TcpStream::Connect(front);
  if (!stream.ok()) co_return;
  auto answer = co_await AskForALine(*stream);
  if (answer.ok()) *line = *answer;
  auto end = co_await ReadForASecond(*stream);
  if (end.ok()) *rest = *end;
}

TEST_P(GuideTest, StreamsAskThroughAProxy) {
  AttachedLoop loop(GetParam(), HostileLoop(3));
  zokio::testing::VirtualTimer timer;
  TcpListener listener = *Await(TcpListener::Bind("127.0.0.1:0"));
  TcpListener front = *Await(TcpListener::Bind("127.0.0.1:0"));
  std::string line;
  size_t rest = 1;
  LocalExecutor executor(&timer);
  Spawn(executor, ServeOneProxy(front, *listener.local_address())).Detach();
  Spawn(executor, AnswerOnce(listener)).Detach();
  Spawn(executor, Ask(*front.local_address(), &line, &rest)).Detach();
  TurnUntil([&] {
    executor.RunUntilIdle();
    return executor.live() == 0;
  });
  EXPECT_EQ(line, "and to you\n");
  EXPECT_EQ(rest, 0u);
}

TEST_P(GuideTest, FilesAreKept) {
  AttachedLoop loop(GetParam(), HostileLoop(4));
  const char* base = std::getenv("TEST_TMPDIR");
  const std::string path = std::string(base == nullptr ? "/tmp" : base) + "/kept";
  EXPECT_TRUE(RunTask(KeepSafely(path, "text")).ok());
  EXPECT_EQ(*RunTask(ReadFile(path)), "text");
  {
    File journal = *Await(File::Open(path, OpenOptions::Update()));
    EXPECT_TRUE(RunTask(KeepRecord(journal, 4, "and more")).ok());
  }
  EXPECT_EQ(*RunTask(ReadFile(path)), "textand more");
  auto pair = *Await(UnixDatagram::Pair());
  EXPECT_TRUE(RunTask(PassAFile(pair.first, *Await(File::Open(path)))).ok());
  EXPECT_EQ(Await(pair.second.Receive())->handles.size(), 1u);
  std::remove(path.c_str());
}

TEST_P(GuideTest, DatagramsAreAnswered) {
  AttachedLoop loop(GetParam(), HostileLoop(5));
  UdpSocket server = *Await(UdpSocket::Bind("127.0.0.1:0"));
  UdpSocket client = *Await(UdpSocket::Bind("127.0.0.1:0"));
  ASSERT_TRUE(Await(client.SendTo(std::string("ping"), *server.local_address())).ok());
  EXPECT_TRUE(RunTask(AnswerOneDatagram(server)).ok());
  EXPECT_EQ(Await(client.Receive())->bytes.size(), 4u);
}

}  // namespace
}  // namespace zokio
