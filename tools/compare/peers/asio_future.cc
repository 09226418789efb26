// Peer: Boost.Asio's awaitables, and its channels, which have no batches: a message at a time.
//
//   asio_future CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <boost/asio.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string_view>
#include <thread>

#include "tools/compare/load/repeat.h"

namespace zokio::compare {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using boost::system::error_code;

constexpr size_t kCapacity = 1024;
constexpr uint64_t kBatch = 32;

struct Item {
  explicit Item(uint64_t n = 0) : number(n) {}
  uint64_t number;
  uint64_t payload[7] = {};
};

template <typename T>
auto KeepIn(T* result) {
  return [result](std::exception_ptr failure, T value) {
    if (failure) std::rethrow_exception(failure);
    *result = value;
  };
}

asio::awaitable<uint64_t> One() { co_return 1; }

asio::awaitable<uint64_t> Sum(uint64_t count) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) sum += co_await One();
  co_return sum;
}

uint64_t AwaitReady(uint64_t count) {
  asio::io_context context(1);
  uint64_t result = 0;
  asio::co_spawn(context, Sum(count), KeepIn(&result));
  context.run();
  return result;
}

uint64_t TaskLife(uint64_t count) {
  asio::io_context context(1);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t result = 0;
    asio::co_spawn(context, One(), KeepIn(&result));
    context.run();
    context.restart();
    sum += result;
  }
  return sum;
}

template <typename Channel>
asio::awaitable<void> SendAll(Channel* channel, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    co_await channel->async_send(error_code(), Item(i), use_awaitable);
  }
}

template <typename Channel>
asio::awaitable<uint64_t> ReceiveAll(Channel* channel, uint64_t count) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const Item item = co_await channel->async_receive(use_awaitable);
    sum += item.number;
  }
  co_return sum;
}

// As many in as the other peers' batches hold, then the same out.
template <typename Channel>
asio::awaitable<uint64_t> InAndOut(Channel* channel, uint64_t count) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; i += kBatch) {
    for (uint64_t k = 0; k < kBatch; ++k) {
      co_await channel->async_send(error_code(), Item(i + k), use_awaitable);
    }
    sum += co_await ReceiveAll(channel, kBatch);
  }
  co_return sum;
}

uint64_t OneThread(uint64_t count) {
  using Channel = asio::experimental::channel<void(error_code, Item)>;
  asio::io_context context(1);
  Channel channel(context, kCapacity);
  uint64_t result = 0;
  asio::co_spawn(context, InAndOut(&channel, count), KeepIn(&result));
  context.run();
  return result;
}

uint64_t TwoThreads(uint64_t count) {
  using Channel = asio::experimental::concurrent_channel<void(error_code, Item)>;
  asio::io_context sending(1);
  asio::io_context receiving(1);
  Channel channel(receiving, kCapacity);
  uint64_t result = 0;
  asio::co_spawn(sending, SendAll(&channel, count), asio::detached);
  asio::co_spawn(receiving, ReceiveAll(&channel, count), KeepIn(&result));
  std::thread sender([&sending] { sending.run(); });
  receiving.run();
  sender.join();
  return result;
}

int Main(const RepeatOptions& options) {
  struct {
    std::string_view name;
    uint64_t (*run)(uint64_t count);
  } const cases[] = {{"await_ready", AwaitReady},
                     {"task_life", TaskLife},
                     {"mpsc_1thread", OneThread},
                     {"mpsc_2threads", TwoThreads}};
  for (const auto& one : cases) {
    if (one.name != options.name) continue;
    Repeat(options, one.run);
    return 0;
  }
  std::fputs("asio_future: no such case\n", stderr);
  return 2;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  return zokio::compare::Main(zokio::compare::ParseRepeatOptions(argc, argv));
}
