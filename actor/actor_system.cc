#include "actor/actor_system.h"

#include <utility>

#include "actor/internal/control.h"
#include "actor/internal/dispatchers.h"
#include "actor/internal/loop_run.h"
#include "base/check.h"
#include "base/thread_local.h"
#include "future/oneshot.h"
#include "future/task.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

// A dead letter is being told of on this thread: one that follows from that is only counted.
struct ReportingTag;
using ReportingNow = ThreadLocal<bool, ReportingTag>;

class Reporting {
 public:
  Reporting() : first_(!std::exchange(ReportingNow::Get(), true)) {}
  Reporting(const Reporting&) = delete;
  Reporting& operator=(const Reporting&) = delete;
  ~Reporting() {
    if (first_) ReportingNow::Get() = false;
  }
  bool first() const { return first_; }

 private:
  const bool first_;
};

std::vector<Executor*> ExecutorsOf(Scheduler& scheduler, bool bound) {
  std::vector<Executor*> executors;
  executors.reserve(static_cast<size_t>(scheduler.workers()));
  for (int i = 0; i < scheduler.workers(); ++i) {
    executors.push_back(bound ? &scheduler.executor_on(i) : &scheduler.executor());
  }
  return executors;
}

}  // namespace

ActorSystem::ActorSystem(Scheduler& scheduler, const ActorSystemOptions& options)
    : ActorSystem(std::span<Executor* const>(ExecutorsOf(scheduler, options.placement.bound)),
                  options) {}

ActorSystem::ActorSystem(std::span<Executor* const> executors, ActorSystemOptions options)
    : core_(std::make_unique<internal::SystemCore>(
          static_cast<uint32_t>(executors.size()),
          [this, call = std::move(options.on_dead_letter)](const DeadLetter& letter) {
            const Reporting reporting;
            if (!reporting.first()) return;
            if (call) call(letter);
            // News that somebody could not take are no news: two of them, in two loops, would go on
            // for ever.
            if (letter.message != internal::TypeName<DeadLetter>()) events_.Publish(letter);
          },
          *options.clock, options.supervision, std::move(options.on_message), options.batch,
          std::move(options.placement))),
      dispatchers_(std::make_unique<internal::Dispatchers>(*core_)) {
  ZOKIO_CHECK(!executors.empty(), "actors need an executor");
  core_->SetHomeFinder(dispatchers_.get());
  for (uint32_t i = 0; i < core_->shared_loops(); ++i) {
    internal::StartLoop(*executors[i], core_->loop(i));
  }
}

ActorSystem::~ActorSystem() { (void)Shutdown(); }

Result<ActorPool> ActorSystem::AddPool(int workers) { return dispatchers_->AddPool(workers); }

Result<void> ActorSystem::Shutdown(Duration limit) {
  ZOKIO_CHECK(internal::ActorLoop::Current() == nullptr, "an actor cannot wait for its own end");
  {
    MutexLock lock(closing_);
    if (closed_) return {};
  }
  core_->BeginShutdown();
  Instant deadline =
      limit == Duration::max() ? kNever : SaturatingAdd(Clock::Monotonic().Now(), limit);
  if (!core_->WaitForEnd(deadline)) {
    return Error(ErrorCode::kDeadlineExceeded, "actor system shutdown");
  }
  MutexLock lock(closing_);
  if (!std::exchange(closed_, true)) core_->Close();
  return {};
}

Task<std::vector<ActorInfo>> ActorSystem::Inspect() {
  std::vector<ActorInfo> all;
  for (uint32_t i = 0; i < core_->loop_count(); ++i) {
    auto [sender, receiver] = MakeOneshot<std::vector<ActorInfo>>();
    internal::SendInspect(core_->loop(i), std::move(sender));
    Result<std::vector<ActorInfo>> infos = co_await std::move(receiver);
    if (infos.ok()) all.insert(all.end(), infos->begin(), infos->end());
  }
  co_return all;
}

ActorSystemStats ActorSystem::Stats() const {
  ActorSystemStats stats;
  stats.dead_letters = core_->dead_letters();
  stats.failures = core_->failures();
  stats.moved = core_->moved();
  return stats;
}

}  // namespace zokio
