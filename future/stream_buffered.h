// Buffered(stream, n), BufferUnordered(stream, n): a stream of futures becomes the stream of their
// answers, with at most `n` of them under way at once.
//
//   auto pages = zokio::Buffered(zokio::Map(Urls(), Fetch), 8);       // in the order of the urls
//   auto pages = zokio::BufferUnordered(zokio::Map(Urls(), Fetch), 8);  // as they arrive
//
// Buffered counts answers that wait for an earlier one among the `n`, so memory is bounded.
//
// Errors, cancellation: as Stream's; futures under way are dropped with it.
// Cost: one pooled block, and one for each future.
#ifndef ZOKIO_FUTURE_STREAM_BUFFERED_H_
#define ZOKIO_FUTURE_STREAM_BUFFERED_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "future/map.h"
#include "future/select.h"
#include "future/stream.h"
#include "future/unordered.h"

namespace zokio {

namespace internal {

// Keeps the number of a future with its answer.
template <Future F>
class Numbered {
 public:
  using Answer = std::pair<uint64_t, Stored<OutputOf<F>>>;
  Numbered(uint64_t number, F future) : number_(number), future_(std::move(future)) {}

  Poll<Answer> poll(Context& context) {
    auto poll = future_.poll(context);
    if (poll.pending()) return kPending;
    if constexpr (std::is_void_v<OutputOf<F>>) {
      return Poll<Answer>(Answer(number_, Unit{}));
    } else {
      return Poll<Answer>(Answer(number_, std::move(poll).value()));
    }
  }
  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    return future_.poll_cancel(context);
  }

 private:
  uint64_t number_;
  F future_;
};

// Starts futures from `stream` and calls `deliver(number, answer)` for each answer, at most one at
// a time, until both are at their end.
template <typename A>
class BufferedSource {
 public:
  using F = FutureOf<A>;
  using Answer = Stored<OutputOf<F>>;
  using Pair = std::pair<uint64_t, Answer>;

  BufferedSource(Stream<A> stream, size_t limit) : stream_(std::move(stream)), limit_(limit) {
    ZOKIO_CHECK(limit > 0, "a buffer of nothing");
  }

  // `held`: answers that count against the limit though they were given.
  Task<std::optional<Pair>> Next(size_t held) {
    while (true) {
      bool room = !ended_ && running_.size() + held < limit_;
      if (running_.empty() && !room) co_return std::nullopt;
      if (!room) co_return co_await running_.Next();
      if (running_.empty()) {
        Start(co_await stream_.Next());
        continue;
      }
      // The stream first, so that as many as may run at once do.
      auto ready = co_await Select(stream_.Next(), running_.Next());
      if (ready.index() == 1) co_return std::get<1>(std::move(ready));
      Start(std::get<0>(std::move(ready)));
    }
  }

 private:
  void Start(std::optional<A> awaitable) {
    if (!awaitable) {
      ended_ = true;
      return;
    }
    running_.Push(Numbered<F>(started_++, ToFuture(*std::move(awaitable))));
  }

  Stream<A> stream_;
  const size_t limit_;
  bool ended_ = false;
  uint64_t started_ = 0;
  Unordered<Numbered<F>> running_;
};

}  // namespace internal

template <IntoFuture A>
Stream<internal::Stored<AwaitedOf<A>>> BufferUnordered(Stream<A> stream, size_t limit) {
  internal::BufferedSource<A> source(std::move(stream), limit);
  while (auto answer = co_await source.Next(0)) co_yield std::move(answer->second);
}

template <IntoFuture A>
Stream<internal::Stored<AwaitedOf<A>>> Buffered(Stream<A> stream, size_t limit) {
  internal::BufferedSource<A> source(std::move(stream), limit);
  // Answers that came before their turn, by number modulo the limit.
  std::vector<std::optional<internal::Stored<AwaitedOf<A>>>> early(limit);
  size_t held = 0;
  uint64_t turn = 0;
  while (auto answer = co_await source.Next(held)) {
    early[answer->first % limit] = std::move(answer->second);
    ++held;
    while (early[turn % limit]) {
      auto value = *std::exchange(early[turn % limit], std::nullopt);
      ++turn;
      --held;
      co_yield std::move(value);
    }
  }
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_STREAM_BUFFERED_H_
