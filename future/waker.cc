#include "future/waker.h"

namespace zokio {

static_assert(sizeof(Waker) == 2 * sizeof(void*));

const Waker& NoopWaker() {
  static constinit Waker waker;
  return waker;
}

}  // namespace zokio
