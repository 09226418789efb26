// Which system calls a worker makes: those of the list and no other. The kernel stops the first one
// that is not in it.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "io/file/file.h"
#include "io/file/file_watcher.h"
#include "io/stream_copy.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::Driven;
using testing::MakeConnection;
using testing::Peer;
using testing::TurnUntil;

constexpr int kAllowed[] = {
    // The backend, and its wake-ups.
    SYS_io_uring_enter, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_read, SYS_write,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
    // Sockets; none of these blocks.
    SYS_socket, SYS_bind, SYS_listen, SYS_accept4, SYS_connect, SYS_sendto, SYS_recvfrom,
    SYS_sendmsg, SYS_recvmsg, SYS_setsockopt, SYS_getsockopt, SYS_getsockname, SYS_shutdown,
    SYS_fcntl, SYS_close,
    // What lies in the page cache.
    SYS_preadv2,
    // A bulk from one stream to another; the signals are those of a pipe that is broken.
    SYS_splice, SYS_pipe2, SYS_rt_sigpending, SYS_rt_sigprocmask,
    // Memory, and waking other threads.
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_futex,
    // The end of the test's child, and its clock where that is no vDSO call.
    SYS_exit_group, SYS_clock_gettime, SYS_rt_sigreturn};

[[noreturn]] void OnForbidden(int, siginfo_t* info, void*) {
  std::fprintf(stderr, "forbidden system call %d\n", info->si_syscall);
  _exit(100);
}

void AllowNothingElse() {
  struct sigaction action{};
  action.sa_sigaction = &OnForbidden;
  action.sa_flags = SA_SIGINFO;
  ZOKIO_CHECK(sigaction(SIGSYS, &action, nullptr) == 0, "sigaction");
  std::vector<sock_filter> filter;
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (const int call : kAllowed) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP));
  sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  ZOKIO_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no new privileges");
  ZOKIO_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
}

// Through a pipe, from the second stream to the third.
void CopyABulk(TcpStream& source, TcpStream& from, TcpStream& to, TcpStream& target) {
  constexpr size_t kBulk = 1 << 20;
  LocalExecutor executor;
  Spawn(executor, CopyStream(from, to)).Detach();
  Driven write(source.WriteAll(std::string(kBulk, 'b')));
  (void)write.Poll();
  for (size_t got = 0; got < kBulk;) {
    Driven read(target.Read());
    (void)read.Poll();
    TurnUntil([&] {
      executor.RunUntilIdle();
      if (write.woken() && !write.ready()) (void)write.Poll();
      return read.ready() || (read.woken() && read.Poll());
    });
    got += read.value()->size();
  }
  ZOKIO_CHECK(Loop::Current()->stats().bytes_spliced > 0, "nothing was spliced");
}

void Work(File& file, FileWatcher& watcher) {
  Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  const SocketAddress address = *listener->local_address();
  for (int round = 0; round < 3; ++round) {
    std::vector<TcpStream> clients;
    std::vector<TcpStream> servers;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(*Await(TcpStream::Connect(address)));
      servers.push_back(*Await(listener->Accept()));
    }
    for (int i = 0; i < 100; ++i) {
      TcpStream& client = clients[static_cast<size_t>(i % 20)];
      TcpStream& server = servers[static_cast<size_t>(i % 20)];
      ZOKIO_CHECK(Await(client.WriteAll(std::string(3000, 'w'))).ok(), "write");
      for (size_t got = 0; got < 3000;) got += Await(server.Read())->size();
      const Driven dropped(client.Read());
    }
    Driven large(clients[0].WriteAll(std::string(8 << 20, 'l')));
    (void)large.Poll();
    for (size_t got = 0; got < size_t{8} << 20;) {
      Driven read(servers[0].Read());
      (void)read.Poll();
      TurnUntil([&] {  // both, for the reader may have all that was written so far
        if (large.woken() && !large.ready()) (void)large.Poll();
        return read.ready() || (read.woken() && read.Poll());
      });
      got += read.value()->size();
    }
    CopyABulk(clients[1], servers[1], clients[2], servers[2]);
    const Result<OwnedBytes> bytes = Await(file.ReadAt(0, 100));
    ZOKIO_CHECK(bytes.ok() && bytes->size() == 100, "read");
  }
  // inotify_add_watch is not in the list: a thread that may block looks the path up.
  ZOKIO_CHECK(Await(watcher.Add("/proc")).ok(), "watch");
  TurnUntil([] { return Loop::Current()->stats().in_flight <= 4; });
}

// In a child: a filter cannot be taken off.
[[noreturn]] void RunFiltered(BackendChoice choice) {
  AttachedLoop loop(choice);
  Result<File> file = Await(File::Open("/proc/self/exe"));
  ZOKIO_CHECK(file.ok(), "open");
  FileWatcher watcher = *FileWatcher::Open();
  // The thread that does it is there from now on, outside the filter.
  ZOKIO_CHECK(Await(watcher.Add("/")).ok(), "watch");
  AllowNothingElse();
  Work(*file, watcher);
  _exit(0);
}

class SystemCallsTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(SystemCallsTest);

TEST_P(SystemCallsTest, AWorkerMakesThoseOfTheListAlone) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) RunFiltered(GetParam());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "100: a call that is not in the list, named above";
}

// The filter bites, on a call that is harmless but not in the list.
TEST(SystemCallsFilterTest, StopsWhatIsNotInTheList) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    AllowNothingElse();
    umask(0);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 100);
}

}  // namespace
}  // namespace zokio::io
