// Standard streams and terminals: a pseudo terminal stands for the user's.
#include "io/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Driven;

class TerminalTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(TerminalTest);

// The user's end, and the program's end as a descriptor that blocks.
struct Terminal {
  Terminal() : user(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    ZOKIO_CHECK(user.get() >= 0 && grantpt(user.get()) == 0 && unlockpt(user.get()) == 0, "pty");
    char name[64];
    ZOKIO_CHECK(ptsname_r(user.get(), name, sizeof(name)) == 0, "ptsname");
    program = OwnedHandle(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
    ZOKIO_CHECK(program.get() >= 0, "pty");
  }

  OwnedHandle user;
  OwnedHandle program;
};

bool Blocks(NativeHandle handle) { return (fcntl(handle, F_GETFL) & O_NONBLOCK) == 0; }

TEST_P(TerminalTest, ALineIsReadAndTheSharedDescriptorStillBlocks) {
  AttachedLoop loop(GetParam());
  const Terminal terminal;
  ASSERT_TRUE(IsTerminal(terminal.program.get()));
  Pipe input = *ReopenPipe(terminal.program.get(), /*for_reading=*/true);
  Pipe output = *ReopenPipe(terminal.program.get(), /*for_reading=*/false);
  EXPECT_TRUE(Blocks(terminal.program.get()));
  EXPECT_FALSE(Blocks(input.native_handle()));
  Driven read(input.Read());
  ASSERT_FALSE(read.Poll());
  ASSERT_EQ(write(terminal.user.get(), "hello\n", 6), 6);
  const Result<OwnedBytes> bytes = read.Finish();
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->size(), 6u);
  EXPECT_TRUE(Await(output.WriteAll(std::string("answer"))).ok());
  std::string seen;
  char buffer[64];
  while (seen.find("answer") == std::string::npos) {
    const ssize_t count = ::read(terminal.user.get(), buffer, sizeof(buffer));
    ASSERT_GT(count, 0);
    seen.append(buffer, static_cast<size_t>(count));
  }
}

TEST_P(TerminalTest, RawGivesKeysAndIsUndone) {
  AttachedLoop loop(GetParam());
  const Terminal terminal;
  const auto is_canonical = [&] {
    termios settings{};
    EXPECT_EQ(tcgetattr(terminal.program.get(), &settings), 0);
    return (settings.c_lflag & ICANON) != 0;
  };
  ASSERT_TRUE(is_canonical());
  {
    const Result<RawTerminal> raw = RawTerminal::Enter(terminal.program.get());
    ASSERT_TRUE(raw.ok());
    EXPECT_FALSE(is_canonical());
    Pipe input = *ReopenPipe(terminal.program.get(), /*for_reading=*/true);
    Driven read(input.Read());
    ASSERT_FALSE(read.Poll());
    ASSERT_EQ(write(terminal.user.get(), "k", 1), 1);  // no line yet
    EXPECT_EQ(read.Finish()->size(), 1u);
  }
  EXPECT_TRUE(is_canonical());
}

// Opening the master anew would give another terminal, whose user is nobody.
TEST_P(TerminalTest, AMasterIsRefused) {
  AttachedLoop loop(GetParam());
  const Terminal terminal;
  ASSERT_TRUE(IsTerminal(terminal.user.get()));
  const Result<Pipe> pipe = ReopenPipe(terminal.user.get(), /*for_reading=*/true);
  ASSERT_FALSE(pipe.ok());
  EXPECT_EQ(pipe.error().code(), ErrorCode::kUnsupported);
}

TEST_P(TerminalTest, TheSizeIsTold) {
  const Terminal terminal;
  const winsize size{24, 80, 0, 0};
  ASSERT_EQ(ioctl(terminal.user.get(), TIOCSWINSZ, &size), 0);
  const Result<TerminalSize> seen = SizeOfTerminal(terminal.program.get());
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(seen->columns, 80);
  EXPECT_EQ(seen->rows, 24);
}

// What a shell puts before and behind a program: pipes. What it puts there by `<`: files.
TEST_P(TerminalTest, PipesAreOpenedAnewAndFilesRefused) {
  EXPECT_EQ(OpenStandard(StandardStream::kInput).error().code(), ErrorCode::kWrongThread);
  AttachedLoop loop(GetParam());
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const OwnedHandle reader(ends[0]);
  OwnedHandle writer(ends[1]);
  Pipe input = *ReopenPipe(reader.get(), /*for_reading=*/true);
  EXPECT_TRUE(Blocks(reader.get()));
  ASSERT_EQ(write(writer.get(), "piped", 5), 5);
  EXPECT_EQ(Await(input.Read())->size(), 5u);
  writer = OwnedHandle();
  EXPECT_EQ(Await(input.Read())->size(), 0u);
  const OwnedHandle file(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(IsTerminal(file.get()));
  EXPECT_EQ(ReopenPipe(file.get(), true).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(ReopenPipe(9999, true).error().code(), ErrorCode::kClosed);
  EXPECT_FALSE(SizeOfTerminal(file.get()).ok());
  EXPECT_FALSE(RawTerminal::Enter(file.get()).ok());
}

}  // namespace
}  // namespace zokio::io
