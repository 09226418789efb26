// Chain(a, b, ...): operations one after the other, each once the one before it succeeded; handed
// to the kernel together where it can link them.
//
//   auto kept = co_await zokio::Chain(file.WriteAt(0, std::move(record)), file.SyncData());
//   if (!kept.ok()) ...                        // "write file: ..." or "sync: ...": the link that
//   failed
//
// Takes futures of Result; yields a tuple of their values (void: Unit). On io_uring neighbours that
// are one operation each (those of files and paths, DoNothing) are linked: one hand-over and no
// turn of the loop between them. Everything else, and everything on epoll, is begun when the one
// before is done; nothing but the time differs.
//
// Ownership: owns the futures. Files may be closed once it was polled first; other objects
// (streams)
//   must live until it is done.
// Thread-safety: one thread at a time, as any future.
// Cancellation: dropping it drops all links: none begins from then on but one that the kernel is
// at. Errors: those of the first link that failed; it ends the chain, and what follows it has not
// begun
//   and does not. A short transfer is no failure: it is finished, then the chain goes on.
// Cost: no allocation besides the links'.
#ifndef ZOKIO_IO_CHAIN_H_
#define ZOKIO_IO_CHAIN_H_

#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

#include "base/result.h"
#include "future/context.h"
#include "future/future.h"
#include "future/poll.h"
#include "future/polled_once.h"
#include "future/select.h"
#include "io/loop.h"

namespace zokio {

namespace io {

// A future whose first poll starts one operation that no call of its own precedes.
template <typename F>
concept Linkable = requires(const F& future, const Loop& loop) {
  { future.LinksOn(loop) } -> std::same_as<bool>;
  { future.started() } -> std::same_as<bool>;
};

}  // namespace io

template <Future... Fs>
class [[nodiscard]] ChainFuture {
  static_assert((kIsResult<OutputOf<Fs>> && ...), "Chain: a link that cannot fail is no link");
  template <typename R>
  using ValueOf =
      std::conditional_t<std::is_void_v<typename R::value_type>, Unit, typename R::value_type>;

 public:
  using Values = std::tuple<ValueOf<OutputOf<Fs>>...>;

  explicit ChainFuture(Fs... links) : links_(Link<Fs>(std::move(links))...) {}

  Poll<Result<Values>> poll(Context& context) {
    once_.Check("a Chain was polled after it was ready");
    if (begun_ == 0) std::apply([](auto&... link) { (link.Hold(), ...); }, links_);
    for (; at_ < kCount; ++at_) {
      if (at_ == begun_) {
        Begin(context);
      } else {
        At(at_, [&](auto& link) { link.Poll(context); });
      }
      std::optional<Error> error;
      bool ready = false;
      At(at_, [&](auto& link) { ready = link.Ended(error); });
      if (!ready) return kPending;
      if (error.has_value()) {
        once_.Answered();
        return Result<Values>(*error);
      }
    }
    once_.Answered();
    return std::apply([](auto&... link) { return Result<Values>(Values(link.Take()...)); }, links_);
  }

 private:
  static constexpr size_t kCount = sizeof...(Fs);

  template <typename F>
  struct Link {
    explicit Link(F link) : future(std::move(link)) {}

    void Poll(Context& context) {
      if (result.has_value()) return;
      auto poll = future->poll(context);
      if (poll.pending()) return;
      result.emplace(std::move(poll).value());
      future.reset();
    }
    bool Ended(std::optional<Error>& error) const {
      if (result.has_value() && !result->ok()) error = result->error();
      return result.has_value();
    }
    void Hold() {
      if constexpr (requires { future->Hold(); }) future->Hold();
    }
    bool LinksOn(const io::Loop& loop) const {
      if constexpr (io::Linkable<F>) {
        return future->LinksOn(loop);
      } else {
        return false;
      }
    }
    bool UnderWay() const {
      if constexpr (io::Linkable<F>) {
        return future.has_value() && future->started();
      } else {
        return true;
      }
    }
    auto Take() {
      if constexpr (std::is_void_v<typename OutputOf<F>::value_type>) {
        return Unit{};
      } else {
        return *std::move(*result);
      }
    }

    std::optional<F> future;  // until it has a result
    std::optional<OutputOf<F>> result;
  };

  // Begins link `at_` and, linked to it, those behind that the kernel can be told of now.
  void Begin(Context& context) {
    io::Loop* loop = io::Loop::Current();
    const size_t most = loop == nullptr ? 1 : loop->links_max();
    const io::LinkScope scope(loop);
    for (bool more = true; more && begun_ < kCount && begun_ - at_ < most;) {
      At(begun_, [&](auto& link) {
        const bool links = loop != nullptr && link.LinksOn(*loop);
        if (begun_ > at_ && !links) {
          more = false;
          return;
        }
        link.Poll(context);
        // Out of budget, it has not begun: the next poll tries again.
        const bool begun = link.result.has_value() || link.UnderWay();
        begun_ += begun ? 1 : 0;
        more = links && begun && !link.result.has_value();
      });
    }
  }

  template <typename Visit>
  void At(size_t index, Visit&& visit) {
    AtOf(index, visit, std::make_index_sequence<kCount>());
  }
  template <typename Visit, size_t... kIndices>
  void AtOf(size_t index, Visit& visit, std::index_sequence<kIndices...>) {
    ((index == kIndices ? visit(std::get<kIndices>(links_)) : void()), ...);
  }

  std::tuple<Link<Fs>...> links_;
  size_t at_ = 0;     // the first without a result
  size_t begun_ = 0;  // of those from here on none has begun
  internal::PolledOnce once_;
};

template <IntoFuture... As>
auto Chain(As&&... links) {
  static_assert(sizeof...(As) > 0);
  return ChainFuture<FutureOf<As>...>(ToFuture(std::forward<As>(links))...);
}

}  // namespace zokio

#endif  // ZOKIO_IO_CHAIN_H_
