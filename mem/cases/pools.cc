// The cases of `pools`: each beside the least that its work can cost, in the same program.

#include <sys/mman.h>

#include <array>
#include <vector>

#include "base/check.h"
#include "base/thread_local.h"
#include "mem/cases/load.h"
#include "mem/object_pool.h"
#include "mem/stack_pool.h"
#include "mem/testing/coroutine_life.h"

namespace zokio::mem_cases {
namespace {

struct Object {
  Object() {}  // NOLINT(modernize-use-equals-default): the bare list zeroes nothing either
  char bytes[64];
};
struct Node {
  Node* next;
};

template <typename T>
inline void Keep(T& value) {
  asm volatile("" : "+r"(value) : : "memory");
}

constexpr NamedCase kCases[] = {
    {"mem_known_size", &PooledObject},        {"bare_list", &BareList},
    {"mem_pool_batch", &PooledBatch},         {"bare_magazine", &BareMagazine},
    {"stack_getput", &PooledStack},           {"mapped_stack", &MappedStack},
    {"mem_coroutine_life", &PooledCoroutine}, {"malloc_coroutine", &MallocCoroutine},
};

constexpr uint64_t kPairs = 50'000'000;
constexpr size_t kBatch = 500;
constexpr uint64_t kBatches = 200'000;
constexpr size_t kStackSize = size_t{64} << 10;
constexpr size_t kGuardSize = 4096;

template <typename Body>
Outcome Time(uint64_t pairs, Body body) {
  const double start = CpuNs();
  const uint64_t work = body();
  return {(CpuNs() - start) / static_cast<double>(pairs), work};
}

}  // namespace

std::span<const NamedCase> Cases() { return kCases; }

Outcome PooledObject() {
  ObjectPool<Object> pool;
  return Time(kPairs, [&] {
    uint64_t work = 0;
    for (uint64_t i = 0; i < kPairs; ++i) {
      Object* object = pool.New();
      object->bytes[32] = 1;
      Keep(object);
      work += static_cast<uint64_t>(object->bytes[32]);
      pool.Delete(object);
    }
    return work;
  });
}

// A thread-local intrusive list, inlined, with nothing behind it: it never runs dry, but looks.
struct ListHead {
  Node* head = nullptr;
};
struct ListHeadTag;
using MyList = ThreadLocal<ListHead, ListHeadTag>;

Outcome BareList() {
  std::vector<Object> objects(8);
  for (Object& object : objects) {
    MyList::GetInline().head = new (&object) Node{MyList::GetInline().head};
  }
  return Time(kPairs, [&] {
    uint64_t work = 0;
    for (uint64_t i = 0; i < kPairs; ++i) {
      Node* node = MyList::GetInline().head;
      if (node == nullptr) break;
      MyList::GetInline().head = node->next;
      auto* object = reinterpret_cast<Object*>(node);
      object->bytes[32] = 1;
      Keep(object);
      work += static_cast<uint64_t>(object->bytes[32]);
      node->next = MyList::GetInline().head;
      MyList::GetInline().head = node;
    }
    return work;
  });
}

Outcome PooledBatch() {
  ObjectPool<Object> pool;
  std::array<void*, kBatch> batch;
  auto* mine = &batch;
  return Time(kBatches * kBatch, [&] {
    uint64_t work = 0;
    for (uint64_t i = 0; i < kBatches; ++i) {
      ZOKIO_CHECK(pool.AllocateBatch(batch), "no memory");
      for (void* block : batch) *static_cast<char*>(block) = 1;
      Keep(mine);
      pool.FreeBatch(batch);
      work += kBatch;
    }
    return work;
  });
}

Outcome BareMagazine() {
  std::vector<Object> objects(kBatch);
  std::array<void*, kBatch> magazine;
  size_t top = 0;
  for (Object& object : objects) magazine[top++] = &object;
  std::array<void*, kBatch> batch;
  auto* mine = &batch;
  return Time(kBatches * kBatch, [&] {
    uint64_t work = 0;
    for (uint64_t i = 0; i < kBatches; ++i) {
      for (void*& block : batch) {
        block = magazine[--top];
        *static_cast<char*>(block) = 1;
      }
      Keep(mine);
      for (void* block : batch) magazine[top++] = block;
      work += kBatch;
    }
    return work;
  });
}

Outcome PooledStack() {
  Result<std::unique_ptr<StackPool>> pool =
      StackPool::Create({.stack_size = kStackSize, .guard_size = kGuardSize, .stacks_max = 1000});
  ZOKIO_CHECK(pool.ok(), "no pool");
  StackCache cache(**pool);
  return Time(kPairs, [&] {
    uint64_t work = 0;
    for (uint64_t i = 0; i < kPairs; ++i) {
      StackSpan stack = cache.Get();
      char* top = stack.end() - 8;
      *top = 1;
      Keep(top);
      work += static_cast<uint64_t>(*top);
      cache.Put(stack);
    }
    return work;
  });
}

Outcome MappedStack() {
  constexpr uint64_t kStacks = 20'000;
  return Time(kStacks, [] {
    uint64_t work = 0;
    for (uint64_t i = 0; i < kStacks; ++i) {
      void* mapping = mmap(nullptr, kStackSize + kGuardSize, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
      ZOKIO_CHECK(mapping != MAP_FAILED && mprotect(mapping, kGuardSize, PROT_NONE) == 0, "no map");
      char* top = static_cast<char*>(mapping) + kStackSize + kGuardSize - 8;
      *top = 1;
      Keep(top);
      work += static_cast<uint64_t>(*top);
      munmap(mapping, kStackSize + kGuardSize);
    }
    return work;
  });
}

namespace {

template <typename Source>
Outcome CoroutineLife() {
  constexpr uint64_t kLives = 20'000'000;
  return Time(kLives, [] {
    uint64_t work = 0;
    for (uint64_t i = 0; i < kLives; ++i) {
      mem_testing::LiveOnce<Source>(&work);
    }
    return work;
  });
}

}  // namespace

Outcome PooledCoroutine() { return CoroutineLife<mem_testing::PooledFrames>(); }
Outcome MallocCoroutine() { return CoroutineLife<mem_testing::MallocFrames>(); }

}  // namespace zokio::mem_cases
