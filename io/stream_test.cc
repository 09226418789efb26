// What stands on streams: BufferedReader, CopyStream, Proxy, SendFile.
#include <filesystem>
#include <fstream>
#include <string>

#include "base/random.h"
#include "io/buffered_reader.h"
#include "io/stream_copy.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Connection;
using testing::MakeConnection;
using testing::RunTask;
using testing::TurnUntil;

class StreamTest : public testing::BackendTest {
 protected:
  LoopOptions SmallBuffers() {
    LoopOptions options;
    options.buffer_size = 64;  // what is asked for spans several
    return options;
  }
};
ZOKIO_IO_ON_EACH_BACKEND(StreamTest);

std::string RandomText(size_t size) {
  Random random(11);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>('a' + random.Below(26));
  return text;
}

TEST_P(StreamTest, LinesAreFoundWhereverTheyAreCut) {
  AttachedLoop loop(GetParam(), SmallBuffers());
  Connection connection = MakeConnection();
  std::string sent;
  std::vector<std::string> lines;
  for (size_t i = 0; i < 200; ++i) {
    lines.push_back(RandomText(i) + "\n");
    sent += lines.back();
  }
  connection.peer.Send(sent + "tail");
  connection.peer.ShutdownSend();
  BufferedReader reader(&connection.stream);
  for (const std::string& line : lines) {
    const Result<std::string> got = RunTask(reader.ReadUntil('\n', 1000));
    ASSERT_TRUE(got.ok());
    ASSERT_EQ(*got, line);
  }
  const Result<std::string> cut = RunTask(reader.ReadUntil('\n', 1000));
  EXPECT_EQ(cut.error().code(), ErrorCode::kEndOfStream);
  EXPECT_EQ(*RunTask(reader.ReadExactly(4)), "tail");  // nothing was lost
  EXPECT_EQ(*RunTask(reader.ReadUntil('\n', 1000)), "");
  EXPECT_EQ(*RunTask(reader.ReadSome()), "");
}

TEST_P(StreamTest, ALimitConsumesNothing) {
  AttachedLoop loop(GetParam(), SmallBuffers());
  Connection connection = MakeConnection();
  connection.peer.Send(std::string(500, 'x') + "\nnext");
  BufferedReader reader(&connection.stream);
  EXPECT_EQ(RunTask(reader.ReadUntil('\n', 500)).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(RunTask(reader.ReadUntil('\n', 100)).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(RunTask(reader.ReadUntil('\n', 501))->size(), 501u);
  EXPECT_EQ(*RunTask(reader.ReadExactly(4)), "next");
}

TEST_P(StreamTest, AReadThatIsDroppedKeepsWhatItGathered) {
  AttachedLoop loop(GetParam(), SmallBuffers());
  Connection connection = MakeConnection();
  BufferedReader reader(&connection.stream);
  connection.peer.Send(std::string(300, 'a'));
  {
    LocalExecutor executor;
    JoinHandle<Result<std::string>> handle = Spawn(executor, reader.ReadUntil('\n', 1000));
    TurnUntil([&] {
      executor.RunUntilIdle();
      return reader.buffered() == 300;
    });
  }
  connection.peer.Send("b\n");
  EXPECT_EQ(*RunTask(reader.ReadUntil('\n', 1000)), std::string(300, 'a') + "b\n");
}

// The end of one direction is passed on, the other goes on.
TEST_P(StreamTest, AProxyPassesBothDirectionsAndEachEnd) {
  AttachedLoop loop(GetParam());
  Connection client = MakeConnection();
  Connection server = MakeConnection();
  const std::string request = RandomText(100'000);
  LocalExecutor executor;
  JoinHandle<Result<ProxyCounts>> proxy = Spawn(executor, Proxy(client.stream, server.stream));
  size_t sent = 0;
  std::string got;
  char buffer[4096];
  const auto turn = [&] {
    executor.RunUntilIdle();
    loop->Poll();
  };
  while (got.size() < request.size()) {
    const int32_t count =
        TrySend(client.peer.handle(), reinterpret_cast<const uint8_t*>(request.data()) + sent,
                request.size() - sent);
    sent += count > 0 ? static_cast<size_t>(count) : 0;
    turn();
    const ssize_t part = recv(server.peer.handle(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (part > 0) got.append(buffer, static_cast<size_t>(part));
  }
  EXPECT_EQ(got, request);
  client.peer.ShutdownSend();
  TurnUntil([&] {
    executor.RunUntilIdle();
    return recv(server.peer.handle(), buffer, 1, MSG_DONTWAIT) == 0;
  });
  server.peer.Send("answer after the end");
  TurnUntil([&] {
    executor.RunUntilIdle();
    return recv(client.peer.handle(), buffer, 20, MSG_DONTWAIT | MSG_PEEK) == 20;
  });
  server.peer.Close();
  std::optional<Result<ProxyCounts>> counts;
  auto join = [](JoinHandle<Result<ProxyCounts>> handle,
                 std::optional<Result<ProxyCounts>>* out) -> Task<void> {
    out->emplace(*co_await std::move(handle));
  };
  JoinHandle<void> joined = Spawn(executor, join(std::move(proxy), &counts));
  TurnUntil([&] {
    executor.RunUntilIdle();
    return counts.has_value();
  });
  ASSERT_TRUE(counts->ok());
  EXPECT_EQ((*counts)->to_second, request.size());
  EXPECT_EQ((*counts)->to_first, 20u);
}

TEST_P(StreamTest, AFileIsSentFromAnyPlace) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  const char* base = std::getenv("TEST_TMPDIR");
  const std::string path =
      std::string(base == nullptr ? "/tmp" : base) + "/sent-" + testing::ChoiceName(GetParam());
  const std::string text = RandomText(1'000'000);
  std::ofstream(path) << text;
  File file = *testing::Await(File::Open(path));
  std::string got;
  std::vector<char> buffer(1 << 16);
  LocalExecutor executor;
  for (const auto& [offset, length, wanted] :
       {std::tuple<uint64_t, uint64_t, uint64_t>{0, 1'000'000, 1'000'000},
        {999'990, 1'000, 10},
        {5, 262'144, 262'144},
        {2'000'000, 5, 0}}) {
    got.clear();
    Spawn(executor, SendFile(file, offset, length, connection.stream)).Detach();
    TurnUntil([&] {
      executor.RunUntilIdle();
      ssize_t part;
      while ((part = recv(connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT)) >
             0) {
        got.append(buffer.data(), static_cast<size_t>(part));
      }
      return got.size() >= wanted && executor.live() == 0;
    });
    EXPECT_TRUE(got == (wanted == 0 ? "" : text.substr(offset, wanted))) << offset;
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace zokio::io
