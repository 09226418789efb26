// ParallelFor, ParallelReduce: loops whose pieces run on all workers.
//
//   co_await ParallelFor(0, pixels.size(), [&](size_t begin, size_t end) { Shade(begin, end); });
//   double sum = co_await ParallelReduce(0, n, 0.0, SumOf, std::plus<>());
//
// A range is halved until its pieces are no longer than the grain, and the halves are forked: an
// idle worker takes the largest piece that is left. The grain is chosen so that each worker could
// have eight pieces; give one where pieces differ much in their cost, or cost less than a
// microsecond.
//
// Thread-safety: the functions are called on several workers at the same time, by reference; what
//   they capture must live until the loop ends, which what stands in the awaiting frame does.
// Cancellation, Errors: as Fork.
// Cost: one task for each piece; no allocation beside their pooled frames.
#ifndef ZOKIO_SCHED_PARALLEL_H_
#define ZOKIO_SCHED_PARALLEL_H_

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "future/context.h"
#include "future/poll.h"
#include "future/task.h"
#include "sched/fork.h"
#include "sched/fork_host.h"

namespace zokio {

namespace internal {

// The grain that gives each worker eight pieces. A future, because the worker count comes by the
// context.
class ChooseGrain {
 public:
  ChooseGrain(size_t length, size_t grain) : length_(length), grain_(grain) {}
  Poll<size_t> poll(Context& context) noexcept {
    if (grain_ != 0) return grain_;
    const ForkHost* host = context.environment().forks;
    const size_t pieces = 8 * static_cast<size_t>(host == nullptr ? 1 : host->workers());
    return std::max<size_t>(1, length_ / pieces);
  }

 private:
  size_t length_;
  size_t grain_;
};

// `body` lives in the frame of the loop, which ends after all pieces.
template <typename Body>
Task<> ForPieces(size_t begin, size_t end, size_t grain, Body* body) {
  if (end - begin > grain) {
    const size_t middle = begin + (end - begin) / 2;
    co_await Fork(ForPieces(begin, middle, grain, body), ForPieces(middle, end, grain, body));
    co_return;
  }
  if constexpr (std::is_invocable_v<Body&, size_t, size_t>) {
    using Answer = std::invoke_result_t<Body&, size_t, size_t>;
    if constexpr (kIsTask<Answer>) {
      co_await (*body)(begin, end);
    } else {
      (*body)(begin, end);
    }
  } else {
    for (size_t i = begin; i < end; ++i) (*body)(i);
  }
}

template <typename T, typename Map, typename Combine>
Task<T> ReducePieces(size_t begin, size_t end, size_t grain, Map* map, Combine* combine) {
  if (end - begin <= grain) co_return (*map)(begin, end);
  const size_t middle = begin + (end - begin) / 2;
  std::tuple<T, T> halves = co_await Fork(ReducePieces<T>(begin, middle, grain, map, combine),
                                          ReducePieces<T>(middle, end, grain, map, combine));
  co_return (*combine)(std::move(std::get<0>(halves)), std::move(std::get<1>(halves)));
}

}  // namespace internal

// Calls body(begin, end) for pieces that make up [begin, end), or body(i) for each of its numbers.
// A body that takes a piece may be a coroutine (return a Task<void>).
template <typename Body>
  requires(std::is_invocable_v<Body&, size_t, size_t> || std::is_invocable_v<Body&, size_t>)
Task<> ParallelFor(size_t begin, size_t end, Body body, size_t grain = 0) {
  if (begin >= end) co_return;
  const size_t chosen = co_await internal::ChooseGrain(end - begin, grain);
  co_await internal::ForPieces(begin, end, chosen, &body);
}

// combine(... combine(combine(identity, map(piece 1)), map(piece 2)) ...), pieces in order: combine
// must be associative, and need not be commutative.
template <typename T, typename Map, typename Combine>
  requires(std::is_invocable_r_v<T, Map&, size_t, size_t> &&
           std::is_invocable_r_v<T, Combine&, T, T>)
Task<T> ParallelReduce(size_t begin, size_t end, T identity, Map map, Combine combine,
                       size_t grain = 0) {
  if (begin >= end) co_return std::move(identity);
  const size_t chosen = co_await internal::ChooseGrain(end - begin, grain);
  T sum = co_await internal::ReducePieces<T>(begin, end, chosen, &map, &combine);
  co_return combine(std::move(identity), std::move(sum));
}

}  // namespace zokio

#endif  // ZOKIO_SCHED_PARALLEL_H_
