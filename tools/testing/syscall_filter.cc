#include "tools/testing/syscall_filter.h"

#include <cerrno>

#include "base/atomic.h"

#if defined(__linux__) && defined(__x86_64__)

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

// (number, a, b, c, d, e, f) by the C convention, the last one on the stack.
asm(R"(
.text
.globl zokio_passed_syscall
.globl zokio_passed_syscall_end
.type zokio_passed_syscall, @function
zokio_passed_syscall:
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r10
  mov %r9, %r8
  mov 8(%rsp), %r9
  syscall
zokio_passed_syscall_end:
  ret
.size zokio_passed_syscall, . - zokio_passed_syscall
)");

extern "C" {
long zokio_passed_syscall(long number, long a, long b, long c, long d, long e, long f);
extern const char zokio_passed_syscall_end[];
}

namespace zokio::testing {
namespace {

// These never wait for anything, whatever their arguments.
constexpr int kNeverBlock[] = {
    // Sockets and descriptors, without those that move bytes.
    SYS_socket, SYS_socketpair, SYS_bind, SYS_listen, SYS_shutdown, SYS_close, SYS_getsockname,
    SYS_getpeername, SYS_setsockopt, SYS_getsockopt, SYS_fstat, SYS_eventfd2, SYS_timerfd_create,
    SYS_timerfd_settime, SYS_pipe2, SYS_epoll_ctl, SYS_epoll_create1, SYS_io_uring_setup,
    SYS_io_uring_register,
    // Memory, time, signals, threads, processes.
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_mremap, SYS_membarrier,
    SYS_clock_gettime, SYS_gettimeofday, SYS_getcpu, SYS_sched_getaffinity, SYS_sched_setaffinity,
    SYS_sched_yield, SYS_getrandom, SYS_rseq, SYS_set_robust_list, SYS_set_tid_address, SYS_gettid,
    SYS_getpid, SYS_getppid, SYS_tgkill, SYS_sigaltstack, SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_rt_sigreturn, SYS_restart_syscall, SYS_clone, SYS_clone3, SYS_fork, SYS_vfork, SYS_exit,
    SYS_exit_group, SYS_prlimit64, SYS_getrusage, SYS_uname,
    // In these a worker's driver waits.
    SYS_futex, SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_io_uring_enter};

// Number and index of the argument that holds flags: MSG_DONTWAIT there passes at once.
constexpr struct {
  int number;
  int argument;
} kWithFlags[] = {{SYS_recvfrom, 3}, {SYS_sendto, 3}, {SYS_recvmsg, 2}, {SYS_sendmsg, 2}};

constexpr struct {
  int number;
  const char* name;
} kNames[] = {{SYS_accept4, "accept4"},
              {SYS_access, "access"},
              {SYS_clock_nanosleep, "clock_nanosleep"},
              {SYS_connect, "connect"},
              {SYS_fallocate, "fallocate"},
              {SYS_fcntl, "fcntl"},
              {SYS_fdatasync, "fdatasync"},
              {SYS_flock, "flock"},
              {SYS_fsync, "fsync"},
              {SYS_ftruncate, "ftruncate"},
              {SYS_getdents64, "getdents64"},
              {SYS_ioctl, "ioctl"},
              {SYS_mkdir, "mkdir"},
              {SYS_nanosleep, "nanosleep"},
              {SYS_newfstatat, "newfstatat"},
              {SYS_openat, "openat"},
              {SYS_poll, "poll"},
              {SYS_ppoll, "ppoll"},
              {SYS_pread64, "pread64"},
              {SYS_preadv, "preadv"},
              {SYS_pselect6, "pselect6"},
              {SYS_pwrite64, "pwrite64"},
              {SYS_pwritev, "pwritev"},
              {SYS_read, "read"},
              {SYS_readlink, "readlink"},
              {SYS_readv, "readv"},
              {SYS_recvfrom, "recvfrom"},
              {SYS_recvmsg, "recvmsg"},
              {SYS_rename, "rename"},
              {SYS_rt_sigtimedwait, "rt_sigtimedwait"},
              {SYS_select, "select"},
              {SYS_sendfile, "sendfile"},
              {SYS_sendmsg, "sendmsg"},
              {SYS_sendto, "sendto"},
              {SYS_splice, "splice"},
              {SYS_stat, "stat"},
              {SYS_statx, "statx"},
              {SYS_unlink, "unlink"},
              {SYS_wait4, "wait4"},
              {SYS_waitid, "waitid"},
              {SYS_write, "write"},
              {SYS_writev, "writev"}};

Atomic<SyscallJudge> installed_judge{nullptr};

void OnSigsys(int, siginfo_t* info, void* raw_context) {
  auto* registers = static_cast<ucontext_t*>(raw_context)->uc_mcontext.gregs;
  const SyscallArguments call{info->si_syscall,
                              {registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                               registers[REG_R10], registers[REG_R8], registers[REG_R9]}};
  if (SyscallJudge judge = installed_judge.load(memory_order_acquire)) judge(call);
  registers[REG_RAX] =
      SyscallFilter::PassedCall(call.number, call.values[0], call.values[1], call.values[2],
                                call.values[3], call.values[4], call.values[5]);
}

void Load(std::vector<sock_filter>& program, size_t offset) {
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)));
}

void Return(std::vector<sock_filter>& program, uint32_t verdict) {
  program.push_back(BPF_STMT(BPF_RET | BPF_K, verdict));
}

// The next `skipped` instructions run only where the loaded word is `value`.
void OnlyIfEqual(std::vector<sock_filter>& program, uint32_t value, uint8_t skipped) {
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped));
}

std::vector<sock_filter> Program() {
  const auto past_call = reinterpret_cast<uint64_t>(&zokio_passed_syscall_end);
  constexpr size_t kPointer = offsetof(seccomp_data, instruction_pointer);
  constexpr size_t kArguments = offsetof(seccomp_data, args);
  std::vector<sock_filter> program;
  Load(program, offsetof(seccomp_data, arch));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
  Return(program, SECCOMP_RET_ALLOW);  // no call of ours
  Load(program, kPointer);
  OnlyIfEqual(program, static_cast<uint32_t>(past_call), 3);
  Load(program, kPointer + 4);
  OnlyIfEqual(program, static_cast<uint32_t>(past_call >> 32), 1);
  Return(program, SECCOMP_RET_ALLOW);
  Load(program, offsetof(seccomp_data, nr));
  for (int number : kNeverBlock) {
    OnlyIfEqual(program, static_cast<uint32_t>(number), 1);
    Return(program, SECCOMP_RET_ALLOW);
  }
  // A thread that takes a name is looked at: it may be one to watch.
  OnlyIfEqual(program, SYS_prctl, 4);
  Load(program, kArguments);
  OnlyIfEqual(program, PR_SET_NAME, 1);
  Return(program, SECCOMP_RET_TRAP);
  Return(program, SECCOMP_RET_ALLOW);
  for (const auto& [number, argument] : kWithFlags) {
    OnlyIfEqual(program, static_cast<uint32_t>(number), 4);
    Load(program, kArguments + sizeof(uint64_t) * static_cast<size_t>(argument));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MSG_DONTWAIT, 0, 1));
    Return(program, SECCOMP_RET_ALLOW);
    Return(program, SECCOMP_RET_TRAP);
  }
  Return(program, SECCOMP_RET_TRAP);
  return program;
}

}  // namespace

int SyscallFilter::Install(SyscallJudge judge) {
  struct sigaction action = {};
  action.sa_sigaction = &OnSigsys;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
  if (sigaction(SIGSYS, &action, nullptr) != 0) return -errno;
  installed_judge.store(judge, memory_order_release);
  std::vector<sock_filter> program = Program();
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) return -errno;
  return 0;
}

long SyscallFilter::PassedCall(long number, long a, long b, long c, long d, long e, long f) {
  return zokio_passed_syscall(number, a, b, c, d, e, f);
}

std::string SyscallFilter::NameOf(int number) {
  for (const auto& [known, name] : kNames) {
    if (known == number) return name;
  }
  return "syscall " + std::to_string(number);
}

}  // namespace zokio::testing

#else  // another system or processor

namespace zokio::testing {

int SyscallFilter::Install(SyscallJudge) { return -ENOSYS; }
long SyscallFilter::PassedCall(long, long, long, long, long, long, long) { return -ENOSYS; }
std::string SyscallFilter::NameOf(int number) { return "syscall " + std::to_string(number); }

}  // namespace zokio::testing

#endif
