// ObjectPool<T>: objects of one type, made and destroyed often.
//
// A destroyed object's memory serves the next one, last freed first. The pool grows by doubling
// chunks and shrinks when told to Trim: it then gives the kernel what was not needed since the last
// Trim, so that its size follows use.
//
// Ownership: each object is its caller's until Delete. A pool that dies while objects live reports
//   them by type on standard error (`leak_report` in the options turns that off) and keeps
//   their memory mapped, so that a late use does not fault elsewhere.
// Thread-safety: one thread at a time; DeleteRemote from any thread.
// Memory ordering: what a thread did to an object before DeleteRemote is visible to its successor.
// Errors: New answers nullptr where memory or `objects_max` is exhausted; an exception of the
//   constructor passes through.
// Cost: about 1 ns for New and Delete without the constructor; nothing is locked.
//
// Example:
//   ObjectPool<Connection> pool;
//   Connection* connection = pool.New(socket);
//   pool.Delete(connection);
#ifndef ZOKIO_MEM_OBJECT_POOL_H_
#define ZOKIO_MEM_OBJECT_POOL_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "mem/internal/block_pool.h"

namespace zokio {

struct ObjectPoolOptions {
  size_t objects_max = SIZE_MAX;
  bool leak_report = true;
};

namespace mem_internal {

// "ObjectPool<type>: 3 objects live at its end".
void ReportLeakedObjects(std::string_view function_name, size_t live);

}  // namespace mem_internal

template <typename T>
class ObjectPool {
 public:
  explicit ObjectPool(ObjectPoolOptions options = {})
      : pool_(sizeof(T), alignof(T), options.objects_max), leak_report_(options.leak_report) {}
  ~ObjectPool() {
    pool_.DrainRemote();
    const size_t live = pool_.Stats().live;
    if (live == 0) return;
    if (leak_report_) mem_internal::ReportLeakedObjects(__PRETTY_FUNCTION__, live);
    pool_.Abandon();
  }

  template <typename... Args>
  T* New(Args&&... args) {
    void* memory = pool_.Allocate();
    if (memory == nullptr) [[unlikely]]
      return nullptr;
    // Where the constructor throws, the memory is free again.
    struct Taken {
      mem_internal::BlockPool& pool;
      void* memory;
      ~Taken() {
        if (memory != nullptr) pool.Free(memory);
      }
    } taken{pool_, memory};
    T* object = new (memory) T(std::forward<Args>(args)...);
    taken.memory = nullptr;
    return object;
  }

  void Delete(T* object) {
    object->~T();
    pool_.Free(object);
  }

  // From any thread. The destructor runs here; the memory goes back to the pool's thread.
  void DeleteRemote(T* object) {
    object->~T();
    pool_.FreeRemote(object);
  }

  // Memory without objects, for who constructs by himself; all or, on exhaustion, none.
  bool AllocateBatch(std::span<void*> memory) {
    return pool_.AllocateBatch(memory.data(), memory.size());
  }
  void FreeBatch(std::span<void* const> memory) { pool_.FreeBatch(memory.data(), memory.size()); }

  // Takes back what other threads deleted; New does it by itself when nothing else is free.
  void DrainRemote() { pool_.DrainRemote(); }
  // Call at an idle moment. Answers how many bytes went back to the kernel.
  size_t Trim() { return pool_.Trim(); }

  ObjectPoolStats Stats() const { return pool_.Stats(); }

 private:
  mem_internal::BlockPool pool_;
  bool leak_report_;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_OBJECT_POOL_H_
