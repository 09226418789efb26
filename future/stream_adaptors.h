// Streams made of streams: Map, Filter, Take, Chunks, Merge; Collect; StreamOf.
//
//   auto lengths = zokio::Map(zokio::Filter(Lines(file), NotEmpty), Length);
//   std::vector<size_t> first = co_await zokio::Collect(zokio::Take(std::move(lengths), 10));
//
// Each is itself a Stream that owns the one it was made of, and asks it for one value at a time.
// Functions are kept inside. Buffered and BufferUnordered (stream_buffered.h) run futures at once.
//
// Errors, cancellation: as Stream's.
// Cost: one pooled block each.
#ifndef ZOKIO_FUTURE_STREAM_ADAPTORS_H_
#define ZOKIO_FUTURE_STREAM_ADAPTORS_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "future/select.h"
#include "future/stream.h"

namespace zokio {

// The values of a vector.
template <typename T>
Stream<T> StreamOf(std::vector<T> values) {
  for (T& value : values) co_yield std::move(value);
}

// The messages of a receiver (of any channel whose Recv yields Result<T>) until its end.
template <typename T, typename Receiver>
Stream<T> StreamFrom(Receiver receiver) {
  while (true) {
    Result<T> value = co_await receiver.Recv();
    if (!value.ok()) co_return;
    co_yield *std::move(value);
  }
}

template <typename T, typename Fn>
Stream<std::invoke_result_t<Fn&, T>> Map(Stream<T> stream, Fn function) {
  while (std::optional<T> value = co_await stream.Next()) {
    co_yield std::invoke(function, *std::move(value));
  }
}

template <typename T, typename Predicate>
Stream<T> Filter(Stream<T> stream, Predicate predicate) {
  while (std::optional<T> value = co_await stream.Next()) {
    if (std::invoke(predicate, std::as_const(*value))) co_yield *std::move(value);
  }
}

// The first `count` values; the stream is not asked for more.
template <typename T>
Stream<T> Take(Stream<T> stream, size_t count) {
  for (; count != 0; --count) {
    std::optional<T> value = co_await stream.Next();
    if (!value) co_return;
    co_yield *std::move(value);
  }
}

// Vectors of `size` values; the last may be shorter.
template <typename T>
Stream<std::vector<T>> Chunks(Stream<T> stream, size_t size) {
  ZOKIO_CHECK(size > 0, "chunks of nothing");
  std::vector<T> chunk;
  while (std::optional<T> value = co_await stream.Next()) {
    chunk.push_back(*std::move(value));
    if (chunk.size() == size) co_yield std::exchange(chunk, {});
  }
  if (!chunk.empty()) co_yield std::move(chunk);
}

// The values of both as they come; where both have one, in turn.
template <typename T>
Stream<T> Merge(Stream<T> first, Stream<T> second) {
  Stream<T>* next = &first;
  Stream<T>* other = &second;
  while (true) {
    auto ready = co_await Select(next->Next(), other->Next());
    bool from_next = ready.index() == 0;
    std::optional<T> value =
        from_next ? std::get<0>(std::move(ready)) : std::get<1>(std::move(ready));
    if (!value) {
      if (from_next) next = other;  // that one has ended
      break;
    }
    co_yield *std::move(value);
    if (from_next) std::swap(next, other);
  }
  while (std::optional<T> value = co_await next->Next()) co_yield *std::move(value);
}

template <typename T>
Task<std::vector<T>> Collect(Stream<T> stream) {
  std::vector<T> values;
  while (std::optional<T> value = co_await stream.Next()) values.push_back(*std::move(value));
  co_return values;
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_STREAM_ADAPTORS_H_
