#include "runtime/shutdown_signals.h"

#include <sys/wait.h>
#include <unistd.h>

#include "future/local_executor.h"
#include "future/task.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

Task<int> WaitFor(ShutdownSignals* signals) { co_return co_await signals->Wait(); }

TEST(ShutdownSignalsTest, ASignalWakesTheWaiter) {
  ShutdownSignals signals;
  LocalExecutor executor;
  JoinHandle<int> waiting = Spawn(executor, WaitFor(&signals));
  executor.RunUntilIdle();
  EXPECT_FALSE(waiting.finished());
  kill(getpid(), SIGTERM);
  EXPECT_EQ(*executor.BlockOn(std::move(waiting)), SIGTERM);
  EXPECT_EQ(signals.received(), SIGTERM);
  EXPECT_EQ(executor.BlockOn(WaitFor(&signals)), SIGTERM);  // it stays so
}

TEST(ShutdownSignalsTest, RestoresTheMask) {
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  {
    ShutdownSignals signals;
  }
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
  EXPECT_EQ(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

TEST(ShutdownSignalsTest, TheSecondSignalEndsTheProcess) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ShutdownSignals signals;
    char byte = 'm';  // masked: signals no longer kill
    if (write(pipe_fds[1], &byte, 1) != 1) _exit(1);
    BlockOn(WaitFor(&signals));
    byte = 'f';  // the first one came
    if (write(pipe_fds[1], &byte, 1) != 1) _exit(1);
    while (true) pause();
  }
  close(pipe_fds[1]);
  char byte = 0;
  ASSERT_EQ(read(pipe_fds[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'm');
  kill(child, SIGINT);
  ASSERT_EQ(read(pipe_fds[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'f');
  kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
  close(pipe_fds[0]);
}

}  // namespace
}  // namespace zokio
