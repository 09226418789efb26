#include "tools/compare/bare/ring.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace zokio::compare {
namespace {

void* MapPages(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) Die("mmap", errno);
  return memory;
}

}  // namespace

void Die(const char* what, int error) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(error));
  std::exit(1);
}

Ring::Ring(unsigned submission_entries, unsigned completion_entries) {
  io_uring_params params{};
  params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  params.cq_entries = completion_entries;
  const int error = io_uring_queue_init_params(submission_entries, &ring_, &params);
  if (error != 0) Die("io_uring_setup", -error);
  // Saves the look-up of the ring's descriptor in every system call; older kernels lack it.
  (void)io_uring_register_ring_fd(&ring_);
}

io_uring_sqe* Ring::Next() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    const int submitted = io_uring_submit(&ring_);
    if (submitted < 0 && submitted != -EBUSY && submitted != -EINTR) {
      Die("io_uring_submit", -submitted);
    }
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

void Ring::SubmitAndWait() {
  const int submitted = io_uring_submit_and_wait(&ring_, 1);
  if (submitted < 0 && submitted != -EINTR && submitted != -EBUSY) {
    Die("io_uring_enter", -submitted);
  }
}

BufferRing::BufferRing(Ring* ring, unsigned count, unsigned size) : count_(count), size_(size) {
  ring_ = static_cast<io_uring_buf_ring*>(MapPages(size_t{count} * sizeof(io_uring_buf)));
  memory_ = static_cast<std::byte*>(MapPages(size_t{count} * size));
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(ring_);
  registration.ring_entries = count;
  const int error = io_uring_register_buf_ring(ring->get(), &registration, 0);
  if (error != 0) Die("register_buf_ring", -error);
  io_uring_buf_ring_init(ring_);
  for (unsigned id = 0; id < count; ++id) Return(id);
  Publish();
}

int ListenAndPrintPort() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) Die("socket", errno);
  const int one = 1;
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, length) != 0) Die("bind", errno);
  if (listen(listener, 4096) != 0) Die("listen", errno);
  if (getsockname(listener, generic, &length) != 0) Die("getsockname", errno);
  std::printf("port=%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

}  // namespace zokio::compare
