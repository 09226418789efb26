// BufferedReader.
#include <string>

#include "base/random.h"
#include "io/buffered_reader.h"
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

}  // namespace
}  // namespace zokio::io
