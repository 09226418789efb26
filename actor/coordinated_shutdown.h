// CoordinatedShutdown: ends a program in phases, within a limit of time, and tells how it went.
//
//   CoordinatedShutdown shutdown({"stop accepting", "drain", "close"});
//   shutdown.Add("stop accepting", "listener", [&] { return server.StopAccepting(); });
//   shutdown.Add("drain", "orders", [&] { return Drain(orders); }, 2s);
//   ShutdownReport report = scheduler.BlockOn(shutdown.Run(10s));
//   if (!report.ok()) Log(report.ToString());
//   system.Shutdown(1s);
//
// The tasks of a phase run at once; the next phase begins when all have ended, failed or passed
// their limit, which withdraws them (a task that cannot be withdrawn at once is waited for). What
// the whole has no time for is not begun.
//
// Ownership: keeps the callables, and so their captures, until it is destroyed: after Run.
// Thread-safety: one thread.
// Errors: a task's error, or kDeadlineExceeded, or kUnknown where it threw, stands in the report.
#ifndef ZOKIO_ACTOR_COORDINATED_SHUTDOWN_H_
#define ZOKIO_ACTOR_COORDINATED_SHUTDOWN_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "future/task.h"

namespace zokio {

struct ShutdownStep {
  std::string phase;
  std::string task;
  Result<void> result;
  Duration elapsed{0};
};

struct ShutdownReport {
  std::vector<ShutdownStep> steps;  // by phase, within one as they were added

  bool ok() const;
  // A line for each step.
  std::string ToString() const;
};

class CoordinatedShutdown {
 public:
  using Work = std::function<Task<Result<void>>()>;

  // The phases in their order.
  explicit CoordinatedShutdown(std::vector<std::string> phases);
  CoordinatedShutdown(const CoordinatedShutdown&) = delete;
  CoordinatedShutdown& operator=(const CoordinatedShutdown&) = delete;

  // REQUIRES: `phase` is one of them; Run was not called.
  void Add(std::string_view phase, std::string task, Work work, Duration limit = Duration::max());

  // Once.
  Task<ShutdownReport> Run(Duration limit);

 private:
  struct Entry {
    std::string task;
    Work work;
    Duration limit;
  };
  struct Phase {
    std::string name;
    std::vector<Entry> entries;
  };

  static Task<ShutdownStep> RunEntry(const Phase* phase, const Entry* entry, Instant deadline);

  std::vector<Phase> phases_;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_COORDINATED_SHUTDOWN_H_
