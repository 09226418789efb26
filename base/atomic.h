// Atomic<T>: the seam through which all shared words of this project go.
//
// In production it *is* std::atomic<T>: an alias, so no instruction is added. In a build with
// ZOKIO_MODEL (a Bazel transition of the whole build, never of one file) it is the model
// checker's atomic, which makes every access a scheduling point and models the C++ memory orders.
//
// Code outside `base` names neither std::atomic nor std::atomic_thread_fence: the former could
// not be checked, the latter is invisible to ThreadSanitizer. Memory shared with the kernel is
// exempt and uses std::atomic_ref in one file.
#ifndef ZOKIO_BASE_ATOMIC_H_
#define ZOKIO_BASE_ATOMIC_H_

#include <atomic>

#ifdef ZOKIO_MODEL
#include "base/model/atomic.h"
#endif

namespace zokio {

#ifdef ZOKIO_MODEL
template <typename T>
using Atomic = model::Atomic<T>;
#else
template <typename T>
using Atomic = std::atomic<T>;
#endif

using std::memory_order;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

}  // namespace zokio

#endif  // ZOKIO_BASE_ATOMIC_H_
