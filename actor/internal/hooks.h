// CheckHooks<A>: whether the hooks that A declares can be called as hooks.
#ifndef ZOKIO_ACTOR_INTERNAL_HOOKS_H_
#define ZOKIO_ACTOR_INTERNAL_HOOKS_H_

#include <type_traits>
#include <utility>

namespace zokio::internal {

// A hook is found by its name: one that could not be called, as it is private say, would never be.
struct HookNames {
  void Started();
  void Stopping();
  void Restarted();
};
template <typename A>
struct WithHookNames : A, HookNames {};

template <typename A>
constexpr void CheckHooks() {
  if constexpr (requires(A& actor) { actor.Started(); }) {
    static_assert(std::is_void_v<decltype(std::declval<A&>().Started())>,
                  "a hook is no coroutine and answers nothing; it may Run a task");
  } else if constexpr (!std::is_final_v<A>) {
    static_assert(
        requires { &WithHookNames<A>::Started; }, "Started() is not public, or not void()");
  }
  if constexpr (requires(A& actor) { actor.Stopping(); }) {
    static_assert(std::is_void_v<decltype(std::declval<A&>().Stopping())>,
                  "a hook is no coroutine and answers nothing; it may Run a task");
  } else if constexpr (!std::is_final_v<A>) {
    static_assert(
        requires { &WithHookNames<A>::Stopping; }, "Stopping() is not public, or not void()");
  }
  if constexpr (requires(A& actor) { actor.Restarted(); }) {
    static_assert(std::is_void_v<decltype(std::declval<A&>().Restarted())>,
                  "a hook is no coroutine and answers nothing; it may Run a task");
  } else if constexpr (!std::is_final_v<A>) {
    static_assert(
        requires { &WithHookNames<A>::Restarted; }, "Restarted() is not public, or not void()");
  }
}

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_HOOKS_H_
