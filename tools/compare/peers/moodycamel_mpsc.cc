// Peer: moodycamel's ConcurrentQueue, in batches, with its producer and consumer tokens. It has no
// bound and does not wait: the producer keeps as many messages under way as the other channels
// hold, and who cannot go on yields its processor.
//
//   moodycamel_mpsc CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <cstdint>
#include <thread>

#include "tools/compare/load/repeat.h"

namespace zokio::compare {
namespace {

constexpr uint64_t kCapacity = 1024;
constexpr size_t kBatch = 32;

struct Item {
  uint64_t number = 0;
  uint64_t payload[7] = {};
};
using Queue = moodycamel::ConcurrentQueue<Item>;

uint64_t OneThread(uint64_t count) {
  Queue queue(kCapacity);
  moodycamel::ProducerToken producer(queue);
  moodycamel::ConsumerToken consumer(queue);
  Item in[kBatch];
  Item out[kBatch];
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; i += kBatch) {
    for (size_t k = 0; k < kBatch; ++k) in[k].number = i + k;
    queue.enqueue_bulk(producer, in, kBatch);
    const size_t got = queue.try_dequeue_bulk(consumer, out, kBatch);
    for (size_t k = 0; k < got; ++k) sum += out[k].number;
  }
  return sum;
}

uint64_t TwoThreads(uint64_t count) {
  Queue queue(kCapacity);
  std::atomic<uint64_t> taken{0};
  std::thread producer([&] {
    moodycamel::ProducerToken token(queue);
    Item batch[kBatch];
    for (uint64_t i = 0; i < count; i += kBatch) {
      for (size_t k = 0; k < kBatch; ++k) batch[k].number = i + k;
      while (i + kBatch - taken.load(std::memory_order_acquire) > kCapacity) {
        std::this_thread::yield();
      }
      queue.enqueue_bulk(token, batch, kBatch);
    }
  });
  moodycamel::ConsumerToken token(queue);
  Item batch[kBatch];
  uint64_t sum = 0;
  for (uint64_t received = 0; received < count;) {
    const size_t got = queue.try_dequeue_bulk(token, batch, kBatch);
    if (got == 0) std::this_thread::yield();
    for (size_t k = 0; k < got; ++k) sum += batch[k].number;
    received += got;
    taken.store(received, std::memory_order_release);
  }
  producer.join();
  return sum;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  const auto options = zokio::compare::ParseRepeatOptions(argc, argv);
  zokio::compare::Repeat(options, options.name == "mpsc_1thread" ? zokio::compare::OneThread
                                                                 : zokio::compare::TwoThreads);
}
