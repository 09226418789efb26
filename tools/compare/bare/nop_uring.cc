// The limit of no-op completions: nothing but the queues of io_uring.
//
//   nop_uring nop_b32|nop_b128 COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <cstdint>

#include "tools/compare/bare/ring.h"
#include "tools/compare/load/repeat.h"

int main(int argc, char** argv) {
  const auto options = zokio::compare::ParseRepeatOptions(argc, argv);
  const uint64_t batch = options.name == "nop_b32" ? 32 : 128;
  zokio::compare::Ring ring(1024, 8192);
  zokio::compare::Repeat(options, [&](uint64_t count) {
    uint64_t done = 0;
    while (done < count) {
      for (uint64_t i = 0; i < batch; ++i) {
        io_uring_sqe* sqe = ring.Next();
        io_uring_prep_nop(sqe);
        sqe->user_data = 1;
      }
      for (const uint64_t end = done + batch; done < end;) {
        ring.SubmitAndWait();
        ring.Drain([&](const io_uring_cqe& cqe) { done += cqe.user_data; });
      }
    }
    return done;
  });
}
