// CAF in the actor cases in which many talk to many; see ours/actor_crowds.h for their shapes.
#ifndef ZOKIO_TOOLS_COMPARE_PEERS_ACTOR_CAF_CROWDS_H_
#define ZOKIO_TOOLS_COMPARE_PEERS_ACTOR_CAF_CROWDS_H_

#include <atomic>
#include <caf/all.hpp>
#include <cstdint>

struct Ball {
  uint64_t words[8];
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& inspector, Ball& ball) {
  return inspector(ball.words[0]);
}

CAF_BEGIN_TYPE_ID_BLOCK(compare, first_custom_type_id)
CAF_ADD_TYPE_ID(compare, (Ball))
CAF_END_TYPE_ID_BLOCK(compare)

namespace zokio::compare {

class Finish {
 public:
  explicit Finish(uint64_t parts) : left_(parts) {}
  void Part(uint64_t sum) {
    sum_ += sum;
    if (--left_ == 0) left_.notify_all();
  }
  uint64_t Wait() {
    for (uint64_t left = left_; left != 0; left = left_) left_.wait(left);
    return sum_;
  }

 private:
  std::atomic<uint64_t> left_;
  std::atomic<uint64_t> sum_{0};
};

uint64_t FanOut(caf::actor_system& system, uint64_t count);
uint64_t Big(caf::actor_system& system, uint64_t count);
uint64_t Chameneos(caf::actor_system& system, uint64_t meetings);

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_PEERS_ACTOR_CAF_CROWDS_H_
