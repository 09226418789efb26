#include "mem/buffer_pool.h"

#include <gtest/gtest.h>
#include <liburing.h>

#include <cstring>
#include <set>
#include <vector>

#include "base/thread.h"
#include "mem/internal/sanitizer.h"

namespace zokio {
namespace {

std::unique_ptr<BufferPool> Make(size_t size, uint32_t count) {
  Result<std::unique_ptr<BufferPool>> pool = BufferPool::Create(size, count);
  EXPECT_TRUE(pool.ok());
  return *std::move(pool);
}

TEST(BufferPool, LendsEachBufferOnceLastInFirstOut) {
  auto pool = Make(1000, 10);
  EXPECT_EQ(pool->buffer_size(), 1024u);
  std::set<uint32_t> taken;
  for (int i = 0; i < 10; ++i) taken.insert(pool->Take());
  EXPECT_EQ(taken.size(), 10u);
  EXPECT_EQ(pool->Take(), BufferPool::kNone);
  pool->Put(3);
  pool->Put(7);
  EXPECT_EQ(pool->Take(), 7u);
  EXPECT_EQ(pool->available(), 1u);
  EXPECT_EQ(pool->Take(), 3u);
  for (uint32_t buffer : taken) pool->Put(buffer);
}

TEST(BufferPool, BuffersComeBackFromOtherThreads) {
  auto pool = Make(512, 100);
  for (int round = 0; round < 20; ++round) {
    std::vector<uint32_t> taken;
    for (int i = 0; i < 100; ++i) {
      taken.push_back(pool->Take());
      ASSERT_NE(taken.back(), BufferPool::kNone);
      pool->Bytes(taken.back())[0] = static_cast<uint8_t>(round);
    }
    std::vector<Thread> threads;
    for (size_t t = 0; t < 2; ++t) {
      Result<Thread> thread = Thread::Start("puts", [&, t] {
        for (size_t i = t; i < taken.size(); i += 2) {
          ASSERT_EQ(pool->Bytes(taken[i])[0], static_cast<uint8_t>(round));
          pool->Bytes(taken[i])[0] = 0xFF;
          pool->PutRemote(taken[i]);
        }
      });
      ASSERT_TRUE(thread.ok());
      threads.push_back(*std::move(thread));
    }
  }
}

TEST(BufferPool, TheKernelTakesItsIovecs) {
  auto pool = Make(4096, 8);
  io_uring ring;
  const int made = io_uring_queue_init(4, &ring, 0);
  if (made < 0) GTEST_SKIP() << "no io_uring here: errno " << -made;
  const std::vector<iovec> vectors = pool->Iovecs();
  EXPECT_EQ(io_uring_register_buffers(&ring, vectors.data(), 8), 0);
  EXPECT_EQ(io_uring_unregister_buffers(&ring), 0);
  io_uring_queue_exit(&ring);
}

TEST(BufferPool, RefusesNonsense) {
  EXPECT_FALSE(BufferPool::Create(0, 1).ok());
  EXPECT_FALSE(BufferPool::Create(1, 0).ok());
  EXPECT_EQ(BufferPool::Create(SIZE_MAX / 2, 8).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(BufferPool::Create(size_t{1} << 48, 2).error().code(), ErrorCode::kOutOfMemory);
}

TEST(BufferPool, ABufferInThePoolIsPoisoned) {
  if (!mem_internal::kAddressSanitizer) GTEST_SKIP() << "poisoning is AddressSanitizer's";
  auto pool = Make(512, 2);
  const uint32_t buffer = pool->Take();
  EXPECT_FALSE(mem_internal::IsPoisoned(pool->Bytes(buffer).data()));
  pool->Put(buffer);
  EXPECT_TRUE(mem_internal::IsPoisoned(pool->Bytes(buffer).data()));
}

TEST(BufferPoolDeathTest, DiesWhenABufferIsStillOut) {
  EXPECT_DEATH({ Make(512, 2)->Take(); }, "before all its buffers were put back");
}

}  // namespace
}  // namespace zokio
