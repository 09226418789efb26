// ActorId: which actor, without its type: to compare, to log, to hash.
//
// No other actor of the same system has or had it. It says nothing of whether the actor lives.
// Thread-safety: a plain value.
#ifndef ZOKIO_ACTOR_ACTOR_ID_H_
#define ZOKIO_ACTOR_ACTOR_ID_H_

#include <cstddef>
#include <cstdint>
#include <functional>

namespace zokio {

namespace internal {
struct ActorCell;
}  // namespace internal

class ActorId {
 public:
  ActorId() = default;
  ActorId(internal::ActorCell* cell, uint32_t generation) : cell_(cell), generation_(generation) {}

  // False for the default one, which is nobody.
  explicit operator bool() const { return cell_ != nullptr; }
  friend bool operator==(const ActorId&, const ActorId&) = default;

  // For the package itself.
  internal::ActorCell* cell() const { return cell_; }
  uint32_t generation() const { return generation_; }

 private:
  internal::ActorCell* cell_ = nullptr;
  uint32_t generation_ = 0;
};

}  // namespace zokio

template <>
struct std::hash<zokio::ActorId> {
  size_t operator()(const zokio::ActorId& id) const noexcept {
    return std::hash<void*>()(id.cell()) * 31 + id.generation();
  }
};

#endif  // ZOKIO_ACTOR_ACTOR_ID_H_
