// The object pool beside its limits: a bare thread-local list, and a bare magazine in batches.

#include "mem/object_pool.h"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <vector>

namespace zokio {
namespace {

struct Object {
  char bytes[64];
};

constexpr size_t kBatch = 500;

// The limit of one at a time: an intrusive list, inlined, of known size, that never runs dry.
void BM_BareList(benchmark::State& state) {
  struct Node {
    Node* next;
  };
  std::vector<Object> objects(8);
  Node* head = nullptr;
  for (Object& object : objects) head = new (&object) Node{head};
  for (auto _ : state) {
    Node* node = head;
    head = node->next;
    benchmark::DoNotOptimize(reinterpret_cast<Object*>(node)->bytes[32] = 1);
    benchmark::DoNotOptimize(head);
    node->next = head;
    head = node;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_BareList);

void BM_NewDelete(benchmark::State& state) {
  ObjectPool<Object> pool;
  for (auto _ : state) {
    Object* object = pool.New();
    benchmark::DoNotOptimize(object->bytes[32] = 1);
    pool.Delete(object);
  }
  if (pool.Stats().live != 0) state.SkipWithError("an object is missing");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_NewDelete);

// The limit of batches: an array of pointers.
void BM_BareMagazine(benchmark::State& state) {
  std::vector<Object> objects(kBatch);
  std::array<void*, kBatch> magazine;
  size_t top = 0;
  for (Object& object : objects) magazine[top++] = &object;
  std::array<void*, kBatch> batch;
  for (auto _ : state) {
    for (void*& block : batch) {
      block = magazine[--top];
      *static_cast<char*>(block) = 1;
    }
    for (void* block : batch) magazine[top++] = block;
    benchmark::DoNotOptimize(magazine);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kBatch));
}
BENCHMARK(BM_BareMagazine);

void BM_Batches(benchmark::State& state) {
  ObjectPool<Object> pool;
  std::array<void*, kBatch> batch;
  for (auto _ : state) {
    if (!pool.AllocateBatch(batch)) state.SkipWithError("no memory");
    for (void* block : batch) *static_cast<char*>(block) = 1;
    pool.FreeBatch(batch);
  }
  if (pool.Stats().live != 0) state.SkipWithError("an object is missing");
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kBatch));
}
BENCHMARK(BM_Batches);

}  // namespace
}  // namespace zokio
