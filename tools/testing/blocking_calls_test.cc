#include "tools/testing/blocking_calls.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <string>

#include "base/parker.h"
#include "base/thread.h"
#include "gtest/gtest.h"

namespace zokio::testing {
namespace {

class BlockingCallsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string why = WhyBlockingCallsAreNotWatched();
    if (!why.empty()) GTEST_SKIP() << why;
  }

  // What a thread of this name is reported for.
  static BlockingCallReport ReportOf(std::function<void()> body, std::string name = "zokio-0") {
    return WatchForBlockingCalls({}, [&] { Thread::Start(name, [&] { body(); }).value().Join(); });
  }
};

// What usleep does.
void Sleep() {
  const timespec moment{.tv_sec = 0, .tv_nsec = 1000};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
}

TEST_F(BlockingCallsTest, PlantedSleepIsCaught) {
  const BlockingCallReport report = ReportOf(&Sleep);
  EXPECT_EQ(report.ToString(), "clock_nanosleep 1");
  EXPECT_EQ(report.watched_threads, 1u);
}

TEST_F(BlockingCallsTest, PlantedPreadIsCaughtAndReadsAllTheSame) {
  char path[] = "/tmp/blocking_calls_XXXXXX";
  const int file = mkstemp(path);
  ASSERT_GE(file, 0);
  ASSERT_EQ(unlink(path), 0);
  ASSERT_EQ(write(file, "bytes", 5), 5);
  char bytes[6] = {};
  const BlockingCallReport report = ReportOf([&] { EXPECT_EQ(pread(file, bytes, 3, 1), 3); });
  close(file);
  EXPECT_EQ(report.ToString(), "pread64 1");
  EXPECT_STREQ(bytes, "yte");
}

TEST_F(BlockingCallsTest, FilesBlockInAnyMode) {
  const int file = open("/proc/self/exe", O_RDONLY | O_NONBLOCK);
  ASSERT_GE(file, 0);
  char magic[4];
  EXPECT_EQ(ReportOf([&] { EXPECT_EQ(read(file, magic, 4), 4); }).ToString(), "read 1");
  close(file);
}

TEST_F(BlockingCallsTest, SocketsAreJudgedByTheirMode) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  char byte = 'x';
  const auto exchange = [&] {
    EXPECT_EQ(write(pair[0], &byte, 1), 1);
    EXPECT_EQ(read(pair[1], &byte, 1), 1);
    EXPECT_EQ(send(pair[0], &byte, 1, MSG_DONTWAIT), 1);
    EXPECT_EQ(recv(pair[1], &byte, 1, MSG_DONTWAIT), 1);
  };
  EXPECT_EQ(ReportOf(exchange).ToString(), "read 1, write 1");
  for (int end : pair) ASSERT_EQ(fcntl(end, F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(ReportOf(exchange).ToString(), "");
  for (int end : pair) close(end);
}

TEST_F(BlockingCallsTest, AnEventfdMayBeWrittenToInAnyMode) {
  const int event = eventfd(0, EFD_CLOEXEC);
  uint64_t count = 1;
  EXPECT_EQ(ReportOf([&] { EXPECT_EQ(write(event, &count, 8), 8); }).ToString(), "");
  EXPECT_EQ(ReportOf([&] { EXPECT_EQ(read(event, &count, 8), 8); }).ToString(), "read 1");
  close(event);
}

TEST_F(BlockingCallsTest, WaitsOfTheDriverPass) {
  Parker parker;
  const BlockingCallReport report = WatchForBlockingCalls({}, [&] {
    Thread worker = Thread::Start("zokio-0", [&] { parker.Park(); }).value();
    parker.Unpark();
    worker.Join();
  });
  EXPECT_EQ(report.ToString(), "");
  EXPECT_EQ(report.watched_threads, 1u);
}

TEST_F(BlockingCallsTest, OtherThreadsMayBlock) {
  const BlockingCallReport report = ReportOf(&Sleep, "blocking-0");
  EXPECT_EQ(report.ToString(), "");
  EXPECT_EQ(report.watched_threads, 0u);
  BlockingCallOptions everybody;
  everybody.thread_prefix = "";
  EXPECT_EQ(WatchForBlockingCalls(everybody, &Sleep).ToString(), "clock_nanosleep 1");
}

TEST_F(BlockingCallsTest, ErrorsReachTheCaller) {
  int error = 0;
  const BlockingCallReport report = ReportOf([&] {
    EXPECT_EQ(open("/nowhere/at all", O_RDONLY), -1);
    error = errno;
  });
  EXPECT_EQ(error, ENOENT);
  EXPECT_EQ(report.ToString(), "openat 1");
}

TEST_F(BlockingCallsTest, CallsWithoutANameAreNumbered) {
  const auto ask = [] { syscall(SYS_getpriority, 0, 0); };
  EXPECT_EQ(ReportOf(ask).ToString(), "syscall " + std::to_string(SYS_getpriority) + " 1");
}

}  // namespace
}  // namespace zokio::testing
