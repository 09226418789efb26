// What tests of names, connections and pools share: a runtime on each backend whose descriptors
// are counted, and addresses at which connecting fails or never ends.
#ifndef ZOKIO_IO_NET_TESTING_H_
#define ZOKIO_IO_NET_TESTING_H_

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "io/testing.h"
#include "runtime/runtime.h"

namespace zokio::io::testing {

// A runtime of two workers on the backend that is the parameter. All descriptors are closed when
// it is gone.
class RuntimeTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  void SetUp() override {
    before_ = CountDescriptors();
    RuntimeOptions options;
    options.workers = 2;
    options.io.backend = GetParam();
    auto runtime = Runtime::Create(options);
    if (!runtime.ok()) GTEST_SKIP() << Describe();
    runtime_ = *std::move(runtime);
  }
  void TearDown() override {
    runtime_.reset();
    // A ring is closed a moment after its runtime is gone.
    AttachedLoop waits(BackendChoice::kEpoll);
    constexpr int kOfWaits = 2;
    TurnUntil([&] { return CountDescriptors() - kOfWaits <= before_; });
    EXPECT_EQ(CountDescriptors() - kOfWaits, before_) << "descriptors leaked";
  }

  // A file of the test's own; its path.
  static std::string WriteText(const std::string& name, const std::string& text) {
    std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

 private:
  int before_ = 0;

 protected:
  std::unique_ptr<Runtime> runtime_;
};

inline std::string BackendName(const ::testing::TestParamInfo<BackendChoice>& instance) {
  return instance.param == BackendChoice::kUring ? "Uring" : "Epoll";
}

// A listening socket that the test, not a loop, accepts from; nobody has to.
class PlainListener {
 public:
  explicit PlainListener(SocketAddress address = SocketAddress::Ipv4({127, 0, 0, 1}, 0),
                         int backlog = 64) {
    ListenParameters parameters;
    parameters.backlog = backlog;
    const Result<NativeHandle> handle = OpenListener(address, parameters);
    ZOKIO_CHECK(handle.ok(), "listen");
    handle_ = *handle;
    SetNonBlocking(handle_);
  }
  PlainListener(const PlainListener&) = delete;
  PlainListener& operator=(const PlainListener&) = delete;
  ~PlainListener() { CloseSocket(handle_); }

  SocketAddress address() const { return *LocalAddressOf(handle_); }
  // Whether somebody connected whom nobody took yet.
  bool TakeConnection() {
    const int32_t handle = TryAccept(handle_);
    if (handle >= 0) CloseSocket(handle);
    return handle >= 0;
  }
  // Waits for somebody to connect.
  Peer Accept() {
    while (true) {
      pollfd ready{handle_, POLLIN, 0};
      ZOKIO_CHECK(poll(&ready, 1, 60'000) == 1, "nobody connects");
      const int32_t handle = TryAccept(handle_);
      if (handle < 0) continue;
      SetNonBlocking(handle, false);
      return Peer(handle);
    }
  }

 private:
  NativeHandle handle_ = kNoHandle;
};

// Where connecting never ends: the queue of a listener is full, so the kernel drops what comes.
class BlackHole {
 public:
  BlackHole() : listener_(SocketAddress::Ipv4({127, 0, 0, 1}, 0), /*backlog=*/0) {
    // Those that fill the queue, and one beyond it.
    for (int i = 0; i < 3; ++i) {
      const NativeHandle handle = OpenTcp(SocketAddress::Family::kIpv4);
      SetNonBlocking(handle);
      const int32_t result = TryConnect(handle, address());
      ZOKIO_CHECK(result == 0 || result == -EINPROGRESS, "connect");
      handles_.push_back(handle);
    }
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  ~BlackHole() {
    for (const NativeHandle handle : handles_) CloseSocket(handle);
  }

  SocketAddress address() const { return listener_.address(); }

 private:
  PlainListener listener_;
  std::vector<NativeHandle> handles_;
};

// Where nobody listens.
inline SocketAddress RefusingAddress(SocketAddress address = SocketAddress::Ipv4({127, 0, 0, 1},
                                                                                 0)) {
  return PlainListener(address).address();
}

inline SocketAddress Ipv6Loopback() {
  std::array<uint8_t, 16> one{};
  one[15] = 1;
  return SocketAddress::Ipv6(one, 0);
}

// Whether this machine has ::1.
inline bool HasIpv6() {
  const Result<NativeHandle> handle = OpenListener(Ipv6Loopback(), ListenParameters());
  if (handle.ok()) CloseSocket(*handle);
  return handle.ok();
}

}  // namespace zokio::io::testing

#endif  // ZOKIO_IO_NET_TESTING_H_
