// Pipes and child processes.
#include "io/process.h"

#include <sys/wait.h>

#include <csignal>
#include <string>
#include <utility>

#include "io/pipe.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Driven;
using testing::RunTask;
using testing::TurnUntil;

class ProcessTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(ProcessTest);

TEST_P(ProcessTest, APipeCarriesBytesAndItsEnd) {
  AttachedLoop loop(GetParam());
  auto ends = *Await(Pipe::Make());
  Driven read(ends.first.Read());
  ASSERT_FALSE(read.Poll());
  ASSERT_TRUE(Await(ends.second.WriteAll(std::string("hello"))).ok());
  EXPECT_EQ(read.Finish()->size(), 5u);
  ends.second.Close();
  EXPECT_EQ(Await(ends.first.Read())->size(), 0u);
}

TEST_P(ProcessTest, AFullPipeIsWaitedForAndABrokenOneIsAnError) {
  AttachedLoop loop(GetParam());
  auto ends = *Await(Pipe::Make());
  Driven write(ends.second.WriteAll(std::string(300'000, 'p')));
  ASSERT_FALSE(write.Poll());
  size_t got = 0;
  while (got < 300'000) {
    if (write.woken() && !write.ready()) (void)write.Poll();
    got += Await(ends.first.Read(1 << 16))->size();
    loop->Poll();
  }
  EXPECT_TRUE(write.Finish().ok());
  ends.first.Close();
  loop->Poll();
  loop->Poll();
  TurnUntil([&] {
    const Result<void> late = Await(ends.second.WriteAll(std::string("late")));
    return !late.ok() && late.error().code() == ErrorCode::kConnectionReset;
  });
}

TEST_P(ProcessTest, ACommandIsFedAndHeard) {
  AttachedLoop loop(GetParam());
  std::vector<std::string> arguments = {"sort", "-n"};
  const Result<CommandResult> sorted = RunTask(RunCommand(arguments, "3\n1\n2\n"));
  ASSERT_TRUE(sorted.ok());
  EXPECT_EQ(sorted->output, "1\n2\n3\n");
  EXPECT_TRUE(sorted->status.success());
  arguments = {"sh", "-c", "echo out; echo err >&2; exit 7"};
  const Result<CommandResult> failed = RunTask(RunCommand(arguments));
  EXPECT_EQ(failed->output, "out\n");
  EXPECT_EQ(failed->errors, "err\n");
  EXPECT_EQ(failed->status.exit_code, 7);
  arguments = {"cat"};
  const std::string much(1'000'000, 'm');
  const Result<CommandResult> copied = RunTask(RunCommand(arguments, much));
  EXPECT_TRUE(copied->output == much);
  EXPECT_EQ(RunTask(RunCommand(arguments, much, 1000)).error().code(), ErrorCode::kOutOfRange);
  arguments = {"zokio-no-such-program"};
  EXPECT_EQ(RunTask(RunCommand(arguments)).error().code(), ErrorCode::kNotFound);
}

TEST_P(ProcessTest, ASignalEndsAChildAndWaitSaysSo) {
  AttachedLoop loop(GetParam());
  Result<ChildProcess> child = ChildProcess::Spawn({"sleep", "1000"});
  ASSERT_TRUE(child.ok());
  Driven wait(ToFuture(WaitProcess(nullptr)));
  EXPECT_EQ(wait.Finish().error().code(), ErrorCode::kClosed);
  ASSERT_TRUE(child->Signal(SIGTERM).ok());
  const Result<ExitStatus> status = RunTask(child->Wait());
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->signal, SIGTERM);
  EXPECT_EQ(child->Signal(SIGTERM).error().code(), ErrorCode::kNotFound);
}

TEST_P(ProcessTest, TheEnvironmentIsTheOneGiven) {
  AttachedLoop loop(GetParam());
  SpawnOptions options;
  options.pipe_output = true;
  options.environment = {"ONLY=this"};
  Result<ChildProcess> child = ChildProcess::Spawn({"/usr/bin/env"}, options);
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(RunTask(child->Wait())->success());
  const Result<OwnedBytes> said = Await(child->output().Read());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(said->data()), said->size()), "ONLY=this\n");
}

// Dropped, a child is killed and reaped: its pipe ends, and it is no zombie.
TEST_P(ProcessTest, ADroppedChildIsKilledAndReaped) {
  AttachedLoop loop(GetParam());
  int32_t id = 0;
  Pipe output;
  {
    SpawnOptions options;
    options.pipe_output = true;
    Result<ChildProcess> child = ChildProcess::Spawn({"sleep", "1000"}, options);
    ASSERT_TRUE(child.ok());
    id = child->id();
    output = std::move(child->output());
  }
  EXPECT_EQ(Await(output.Read())->size(), 0u);
  TurnUntil([&] { return kill(id, 0) != 0; });
}

// Detached, a child is nobody's any more: it goes on, and whoever started it reaps it.
TEST_P(ProcessTest, ADetachedChildLivesOn) {
  AttachedLoop loop(GetParam());
  int32_t id = 0;
  Pipe input;
  Pipe output;
  {
    SpawnOptions options;
    options.pipe_input = true;
    options.pipe_output = true;
    Result<ChildProcess> child = ChildProcess::Spawn({"cat"}, options);
    ASSERT_TRUE(child.ok());
    id = child->id();
    input = std::move(child->input());
    output = std::move(child->output());
    child->Detach();
  }
  ASSERT_TRUE(Await(input.WriteAll(std::string("still here"))).ok());
  EXPECT_EQ(Await(output.Read())->size(), 10u);
  input.Close();
  EXPECT_EQ(Await(output.Read())->size(), 0u);
  int status = -1;
  EXPECT_EQ(waitpid(id, &status, 0), id);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace zokio::io
