#include "io/backend/epoll.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>
#include <vector>

#include "base/check.h"

namespace zokio::io {
namespace {

constexpr int kEventsMax = 256;

class EpollBackend final : public Backend {
 public:
  EpollBackend(BackendReport report, int epoll_fd, int wake_fd)
      : report_(std::move(report)), epoll_fd_(epoll_fd), wake_fd_(wake_fd) {}
  ~EpollBackend() override {
    if (epoll_fd_ >= 0) close(epoll_fd_);
    close(wake_fd_);
  }

  const BackendReport& report() const override { return report_; }
  bool completes() const override { return false; }
  bool Handles(OpKind) const override { return false; }  // files are always "ready" to epoll

  void Attach(BufferPool*, BufferPool*) override {}
  uint32_t Detach() override {
    close(std::exchange(epoll_fd_, -1));
    return 0;
  }

  void Submit(std::span<const Request> requests) override;
  int Reap(std::span<Completion> out, bool wait, Instant deadline) override;
  void Wake() override {
    const uint64_t one = 1;
    // Fails only when the counter is full: then the wake is there already.
    (void)!write(wake_fd_, &one, sizeof(one));
  }
  BackendStats stats() const override { return stats_; }

 private:
  // A socket that could not be registered: its waiters learn it at the next Reap.
  struct Failed {
    OpBase* op;
    NativeHandle handle;
    int os_error;
  };

  int WaitForEvents(int max, bool wait, Instant deadline);

  const BackendReport report_;
  int epoll_fd_;
  const int wake_fd_;
  int registered_ = 0;
  std::vector<Failed> failed_;
  BackendStats stats_;
  epoll_event events_[kEventsMax];
};

void EpollBackend::Submit(std::span<const Request> requests) {
  for (const Request& request : requests) {
    ++stats_.submitted;
    switch (request.action) {
      case Action::kStart: {
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        event.data.ptr = request.op;
        if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, request.handle, &event) == 0) {
          ++registered_;
        } else {
          failed_.push_back({request.op, request.handle, errno});
        }
        break;
      }
      case Action::kCancel:
        break;
      case Action::kClose:
        // A duplicate of the descriptor elsewhere (a child of fork) would keep the registration,
        // and with it the address of the socket's state.
        if (epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, request.handle, nullptr) == 0) --registered_;
        std::erase_if(failed_, [&](const Failed& f) { return f.handle == request.handle; });
        close(request.handle);
        break;
    }
  }
}

int EpollBackend::WaitForEvents(int max, bool wait, Instant deadline) {
  ++stats_.enters;
  if (!wait) return epoll_wait(epoll_fd_, events_, max, 0);
  if (deadline == kNever) return epoll_wait(epoll_fd_, events_, max, -1);
  const Duration left = std::max(Duration(0), deadline - Clock::Monotonic().Now());
#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 35)
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
  timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
  const int result = epoll_pwait2(epoll_fd_, events_, max, &timeout, nullptr);
  if (result >= 0 || errno != ENOSYS) return result;
#endif
#endif
  const int64_t ms = std::min<int64_t>((left.count() + 999'999) / 1'000'000, 1 << 30);
  return epoll_wait(epoll_fd_, events_, max, static_cast<int>(ms));
}

int EpollBackend::Reap(std::span<Completion> out, bool wait, Instant deadline) {
  int filled = 0;
  while (!failed_.empty() && filled < static_cast<int>(out.size())) {
    out[filled++] = {failed_.back().op, -failed_.back().os_error, kNoBuffer, /*more=*/true};
    failed_.pop_back();
  }
  if (filled > 0 || (!wait && registered_ == 0)) return filled;
  const int max = std::min<int>(kEventsMax, static_cast<int>(out.size()));
  const int count = WaitForEvents(max, wait, deadline);
  if (count < 0) {
    ZOKIO_CHECK(errno == EINTR, "epoll_wait failed");
    return 0;
  }
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[i];
    if (event.data.ptr == nullptr) {
      uint64_t ignored;
      (void)!read(wake_fd_, &ignored, sizeof(ignored));
      ++stats_.wakes;
      continue;
    }
    int32_t bits = 0;
    if ((event.events & EPOLLIN) != 0) bits |= kReadyRead;
    if ((event.events & EPOLLOUT) != 0) bits |= kReadyWrite;
    if ((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) bits |= kReadyHangup;
    out[filled++] = {static_cast<OpBase*>(event.data.ptr), bits, kNoBuffer, /*more=*/true};
  }
  return filled;
}

}  // namespace

Result<std::unique_ptr<Backend>> CreateEpollBackend(BackendReport report) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return Error::FromErrno(errno, "epoll_create");
  const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) {
    const int os_error = errno;
    close(epoll_fd);
    return Error::FromErrno(os_error, "eventfd");
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) != 0) {
    const int os_error = errno;
    close(epoll_fd);
    close(wake_fd);
    return Error::FromErrno(os_error, "epoll_ctl");
  }
  report.kind = BackendKind::kEpoll;
  report.features = {"edge-triggered", "speculative calls", "eventfd wake-up"};
  return std::unique_ptr<Backend>(new EpollBackend(std::move(report), epoll_fd, wake_fd));
}

}  // namespace zokio::io
