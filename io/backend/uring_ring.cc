#include "io/backend/uring_ring.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace zokio::io {

int UringRing::Open(unsigned entries, unsigned completion_entries, unsigned flags) {
  int result = TryOpen(entries, completion_entries, flags);
  // Rings count against the user's locked memory (RLIMIT_MEMLOCK, often 8 MiB), in all processes,
  // and the kernel gives that of a closed ring back only some time later. So wait a little (this is
  // set-up, on no worker), then do with smaller queues; both only cost more system calls.
  for (int wait_ms = 1; result == -ENOMEM && wait_ms <= 64; wait_ms *= 2) {
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    result = TryOpen(entries, completion_entries, flags);
  }
  while (result == -ENOMEM && entries > kEntriesMin) {
    entries /= 2;
    completion_entries /= 2;
    result = TryOpen(entries, completion_entries, flags);
  }
  return result;
}

int UringRing::TryOpen(unsigned entries, unsigned completion_entries, unsigned flags) {
  io_uring_params params{};
  params.flags = flags | IORING_SETUP_CLAMP;
  if (completion_entries > 0) {
    params.flags |= IORING_SETUP_CQSIZE;
    params.cq_entries = completion_entries;
  }
  const int result = io_uring_queue_init_params(entries, &ring_, &params);
  if (result < 0) return result;
  open_ = true;
  return 0;
}

void UringRing::Close() {
  if (!open_) return;
  open_ = false;
  io_uring_queue_exit(&ring_);
  for (BufferRing& buffers : buffers_) {
    if (buffers.ring != nullptr) munmap(buffers.ring, buffers.entries * sizeof(io_uring_buf));
    buffers = BufferRing();
  }
}

int UringRing::Enable(unsigned setup_flags) {
  if ((setup_flags & IORING_SETUP_R_DISABLED) != 0) {
    // Debian's liburing declares io_uring_enable_rings and does not export it.
    const int result =
        io_uring_register(static_cast<unsigned>(fd()), IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
    if (result < 0) return result;
  }
  // Saves the descriptor look-up of each call; not having it is no error.
  (void)io_uring_register_ring_fd(&ring_);
  return 0;
}

io_uring_sqe* UringRing::NextSqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    // -EBUSY and -EAGAIN mean that completions must be fetched first; Enter does both.
    Enter();
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

bool UringRing::KernelWantsEnter() const {
  const unsigned flags = __atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED);
  return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

int UringRing::Enter() { return io_uring_submit_and_get_events(&ring_); }

int UringRing::EnterAndWait(Instant deadline) {
  if (deadline == kNever) return io_uring_submit_and_wait(&ring_, 1);
  const Duration left = std::max(Duration(0), deadline - Clock::Monotonic().Now());
  __kernel_timespec timeout{};
  timeout.tv_sec = left.count() / 1'000'000'000;
  timeout.tv_nsec = left.count() % 1'000'000'000;
  io_uring_cqe* ignored;
  return io_uring_submit_and_wait_timeout(&ring_, &ignored, 1, &timeout, nullptr);
}

int UringRing::OpenBuffers(unsigned entries, uint16_t group) {
  void* memory = mmap(nullptr, entries * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                      MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) return -errno;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(memory);
  registration.ring_entries = entries;
  registration.bgid = group;
  int result = io_uring_register_buf_ring(&ring_, &registration, 0);
  // Locked memory again: that of rings closed a moment ago comes back (see Open).
  for (int wait_ms = 1; result == -ENOMEM && wait_ms <= 512; wait_ms *= 2) {
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    result = io_uring_register_buf_ring(&ring_, &registration, 0);
  }
  if (result < 0) {
    munmap(memory, entries * sizeof(io_uring_buf));
    return result;
  }
  buffers_[group] = {static_cast<io_uring_buf_ring*>(memory), entries, 0};
  io_uring_buf_ring_init(buffers_[group].ring);
  return 0;
}

}  // namespace zokio::io
