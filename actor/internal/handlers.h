// Which `On` of an actor takes a message: by the message's type and, where the actor's type lists
// behaviours, by the one that it has become.
//
// A behaviour is an empty type that stands before the message: `void On(Open, Knock)`. An `On`
// without one holds in all behaviours that have none of their own for that message.
#ifndef ZOKIO_ACTOR_INTERNAL_HANDLERS_H_
#define ZOKIO_ACTOR_INTERNAL_HANDLERS_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "future/task.h"

namespace zokio::internal {

template <typename... Ms>
struct MessageList {
  template <typename M>
  static constexpr bool kHas = (std::is_same_v<M, Ms> || ...);
  // The place of M. REQUIRES: kHas<M>.
  template <typename M>
  static constexpr uint32_t Index() {
    uint32_t index = 0;
    (void)((std::is_same_v<M, Ms> || (++index, false)) || ...);
    return index;
  }
};

// The name of T as the compiler prints it.
template <typename T>
constexpr std::string_view TypeName() {
  std::string_view name = __PRETTY_FUNCTION__;
  const size_t begin = name.find("T = ") + 4;
  return name.substr(begin, name.find_first_of(";]", begin) - begin);
}

// What of an Actor only its dispatch may see.
struct BehaviourAccess {
  template <typename A>
  static uint32_t Of(const A& actor) {
    return actor.behaviour_;
  }
};

template <typename A>
concept HasBehaviours = requires { typename A::Behaviours; };

template <typename A, typename M>
concept TakesPlain = requires(A& actor, M& message) { actor.On(std::move(message)); } ||
                     requires(A& actor, M& message) { actor.On(message); };
template <typename A, typename Tag, typename M>
concept TakesAs = requires(A& actor, M& message) { actor.On(Tag{}, std::move(message)); } ||
                  requires(A& actor, M& message) { actor.On(Tag{}, message); };
// It has a handler for M while it is `Tag`.
template <typename A, typename Tag, typename M>
inline constexpr bool kListens = TakesAs<A, Tag, M> || TakesPlain<A, M>;

template <typename A, typename M>
decltype(auto) CallPlain(A& actor, M& message) {
  if constexpr (requires { actor.On(std::move(message)); }) {
    return actor.On(std::move(message));
  } else {
    return actor.On(message);
  }
}
template <typename Tag, typename A, typename M>
decltype(auto) CallAs(A& actor, M& message) {
  if constexpr (requires { actor.On(Tag{}, std::move(message)); }) {
    return actor.On(Tag{}, std::move(message));
  } else if constexpr (TakesAs<A, Tag, M>) {
    return actor.On(Tag{}, message);
  } else {
    return CallPlain(actor, message);
  }
}

// By the behaviours of a list.
template <typename List>
struct BehaviourSwitch;
template <typename First, typename... Rest>
struct BehaviourSwitch<MessageList<First, Rest...>> {
  // What the first behaviour that takes M answers; the others answer the same.
  template <typename A, typename M>
  static decltype(auto) Call(A& actor, M& message, uint32_t index) {
    if constexpr (!kListens<A, First, M>) {
      static_assert(sizeof...(Rest) != 0, "no behaviour has an On for this message");
      return BehaviourSwitch<MessageList<Rest...>>::Call(actor, message, index - 1);
    } else if constexpr ((kListens<A, Rest, M> || ...)) {
      if (index == 0) return CallAs<First>(actor, message);
      return BehaviourSwitch<MessageList<Rest...>>::Call(actor, message, index - 1);
    } else {
      return CallAs<First>(actor, message);  // nobody else takes it
    }
  }
  template <typename A, typename M>
  static bool Listens(uint32_t index) {
    const bool listens[] = {kListens<A, First, M>, kListens<A, Rest, M>...};
    return listens[index];
  }
};

// Whether the actor, as it is now, has a handler for M.
template <typename M, typename A>
bool Listens(const A& actor) {
  if constexpr (HasBehaviours<A>) {
    return BehaviourSwitch<typename A::Behaviours>::template Listens<A, M>(
        BehaviourAccess::Of(actor));
  } else {
    return true;
  }
}

// REQUIRES: Listens<M>(actor).
template <typename A, typename M>
decltype(auto) CallHandler(A& actor, M& message) {
  if constexpr (HasBehaviours<A>) {
    return BehaviourSwitch<typename A::Behaviours>::Call(actor, message,
                                                         BehaviourAccess::Of(actor));
  } else {
    return CallPlain(actor, message);
  }
}

// What a handler's return type stands for: `Value` with the task taken off, `Reply` with the Result
// taken off as well.
template <typename R>
struct Unwrap {
  using Value = R;
  using Reply = R;
};
template <typename T>
struct Unwrap<Result<T>> {
  using Value = Result<T>;
  using Reply = T;
};
template <typename T>
struct Unwrap<Task<T>> {
  using Value = T;
  using Reply = typename Unwrap<T>::Reply;
};

template <typename A, typename M>
using HandlerReturn = decltype(CallHandler(std::declval<A&>(), std::declval<M&>()));
template <typename A, typename M>
using ReplyOf = typename Unwrap<HandlerReturn<A, M>>::Reply;

// The type says that M is handled before other mail.
template <typename A, typename M>
constexpr bool IsUrgent() {
  if constexpr (requires { typename A::Urgent; }) return A::Urgent::template kHas<M>;
  return false;
}

// The type ranks messages of this type; or any.
template <typename A, typename M>
concept Ranks = requires(const M& message) {
  { A::Rank(message) } -> std::convertible_to<int64_t>;
};
template <typename A, typename List>
inline constexpr bool kRanksAny = false;
template <typename A, typename... Ms>
inline constexpr bool kRanksAny<A, MessageList<Ms...>> = (Ranks<A, Ms> || ...);

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_HANDLERS_H_
