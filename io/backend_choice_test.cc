// Which backend is chosen, and what is said about it: by option, by environment, and where the
// system denies io_uring.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "io/doctor_report.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::MakeConnection;

class ScopedVariable {
 public:
  explicit ScopedVariable(const char* value) { setenv("ZOKIO_IO_BACKEND", value, 1); }
  ~ScopedVariable() { unsetenv("ZOKIO_IO_BACKEND"); }
};

LoopOptions Options(BackendChoice choice) {
  LoopOptions options;
  options.backend = choice;
  return options;
}

bool UringWorks() { return BackendPlan::Make(Options(BackendChoice::kUring)).ok(); }

TEST(BackendChoiceTest, OptionForcesEpoll) {
  const Result<BackendPlan> plan = BackendPlan::Make(Options(BackendChoice::kEpoll));
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->report().kind, BackendKind::kEpoll);
  EXPECT_EQ(plan->report().reason, "asked for by option");
}

TEST(BackendChoiceTest, VariableChoosesAndOptionWins) {
  {
    ScopedVariable variable("epoll");
    EXPECT_EQ(BackendPlan::Make(LoopOptions())->report().kind, BackendKind::kEpoll);
    EXPECT_NE(Describe().find("ZOKIO_IO_BACKEND"), std::string::npos) << Describe();
    if (UringWorks()) {
      EXPECT_EQ(BackendPlan::Make(Options(BackendChoice::kUring))->report().kind,
                BackendKind::kUring);
    }
  }
  {
    ScopedVariable variable("io_uring");
    const Result<BackendPlan> plan = BackendPlan::Make(LoopOptions());
    EXPECT_EQ(plan.ok(), UringWorks());
    if (plan.ok()) {
      EXPECT_EQ(plan->report().kind, BackendKind::kUring);
    }
  }
  {
    ScopedVariable variable("kqueue");
    const Result<BackendPlan> plan = BackendPlan::Make(LoopOptions());
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(BackendChoiceTest, ReportNamesFeatures) {
  const Result<BackendPlan> plan = BackendPlan::Make(LoopOptions());
  ASSERT_TRUE(plan.ok());
  if (plan->report().kind != BackendKind::kUring) GTEST_SKIP() << Describe();
  EXPECT_NE(Describe().find("io_uring (best available)"), std::string::npos) << Describe();
  EXPECT_NE(Describe().find("provided buffer ring"), std::string::npos) << Describe();
  EXPECT_NE(Describe().find("left out, measured"), std::string::npos) << Describe();
}

TEST(BackendChoiceTest, TheDoctorTellsKernelBackendsAndLimits) {
  const std::string report = DoctorReport();
  EXPECT_EQ(report.find("kernel: "), 0u) << report;
  EXPECT_NE(report.find("\nepoll: works\n"), std::string::npos) << report;
  EXPECT_EQ(report.find("\nio_uring: works\n") != std::string::npos, UringWorks()) << report;
  EXPECT_NE(report.find("\nopen descriptors: "), std::string::npos) << report;
}

// From here on io_uring answers as containers make it answer.
void DenyUring(int os_error) {
  ZOKIO_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_enter, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_register, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(os_error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  ZOKIO_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
}

// Runs in a child of its own, because a filter cannot be taken off. 0: all held.
int CheckUnderDenial(int os_error) {
  DenyUring(os_error);
  const Result<BackendPlan> forced = BackendPlan::Make(Options(BackendChoice::kUring));
  if (forced.ok() || forced.error().code() != ErrorCode::kUnsupported) return 1;
  if (forced.error().os_error() != os_error) return 2;
  const Result<BackendPlan> plan = BackendPlan::Make(LoopOptions());
  if (!plan.ok() || plan->report().kind != BackendKind::kEpoll) return 3;
  if (plan->report().denied.empty() || plan->report().denied[0].os_error != os_error) return 4;
  if (plan->report().denied[0].step != "io_uring_setup") return 5;
  if (Describe().find("denied: io_uring_setup") == std::string::npos) return 6;
  const std::string report = DoctorReport();
  if (report.find("\nio_uring: io_uring: unsupported") == std::string::npos) return 9;
  if (report.find("\nepoll: works") == std::string::npos) return 10;
  AttachedLoop loop(BackendChoice::kAuto);
  if (loop->completes()) return 7;
  Connection connection = MakeConnection();
  connection.peer.Send("still works");
  Result<Lease> chunk = Await(connection.stream.Read());
  return chunk.ok() && chunk->view() == "still works" ? 0 : 8;
}

TEST(BackendChoiceTest, DeniedUringFallsBackToEpollAndSaysWhy) {
  for (const int os_error : {EPERM, ENOSYS}) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(CheckUnderDenial(os_error));
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0) << "errno " << os_error;
  }
}

}  // namespace
}  // namespace zokio::io
