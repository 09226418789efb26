#include "sched/internal/core.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "future/task_header.h"
#include "sched/cores.h"
#include "sched/cpu_quota.h"
#include "sched/internal/pin_thread.h"
#include "sched/internal/worker.h"
#include "sched/park_driver.h"
#include "sched/topology.h"

namespace zokio::internal {
namespace {

// One shard for each pair of workers of a node, at least two so that foreign threads rarely meet.
InjectQueue MakeInject(const Placement& placement) {
  size_t workers = 0;
  for (const auto& of_node : placement.node_workers) workers = std::max(workers, of_node.size());
  uint32_t shards = 2;
  while (shards < 16 && shards * 2 < workers) shards *= 2;
  const uint32_t nodes = std::min(static_cast<uint32_t>(placement.nodes), InjectQueue::kShardsMax);
  while (shards * nodes > InjectQueue::kShardsMax) shards /= 2;
  return InjectQueue(shards, nodes);
}

int SparesFor(const SchedulerOptions& options) {
  return std::clamp(options.spare_workers_max, 0, 1024);
}

Topology MachineOf(const SchedulerOptions& options) {
  return options.topology != nullptr ? *options.topology : Topology::Flat(UsableCpus());
}

// Where somebody else wants the processor, to look out is to take it from him.
IdleSpin SpinFor(const SchedulerOptions& options) {
  if (options.idle_spin.never() || options.virtual_clock != nullptr) return IdleSpin::Never();
  const bool room = static_cast<size_t>(options.workers) <= UsableCpus().size() &&
                    static_cast<double>(options.workers) <= CpuQuota();
  return room ? options.idle_spin : IdleSpin::Never();
}

Placement Place(const SchedulerOptions& options) {
  // Without affinity the machine need not be looked at.
  if (options.affinity == Affinity::kNone) {
    return PlaceWorkers(Topology(), options.workers, Affinity::kNone);
  }
  return PlaceWorkers(MachineOf(options), options.workers, options.affinity);
}

}  // namespace

Core::Core(SchedulerOptions options)
    : options_(std::move(options)),
      worker_count_(options_.workers),
      placement_(Place(options_)),
      capacity_(worker_count_ + SparesFor(options_)),
      worker_bits_(32 - __builtin_clz(static_cast<uint32_t>(capacity_))),
      clock_(options_.virtual_clock != nullptr ? *options_.virtual_clock : *options_.clock),
      pace_clock_(options_.virtual_clock != nullptr ? Clock::Monotonic() : *options_.clock),
      idle_spin_(SpinFor(options_)),
      idle_(worker_count_),
      inject_{MakeInject(placement_), MakeInject(placement_), MakeInject(placement_)},
      measured_(*this),
      normal_(*this, Priority::kNormal),
      background_(*this, Priority::kBackground),
      node_queues_(std::make_unique<NodeQueue[]>(static_cast<size_t>(placement_.nodes))),
      spawn_records_(options_.record_spawns ? std::make_unique<SpawnRecords>() : nullptr),
      workers_(std::make_unique<std::unique_ptr<Worker>[]>(static_cast<size_t>(capacity_))),
      crew_(*this),
      watchdog_(*this) {
  for (int node = 0; node < placement_.nodes; ++node) node_executors_.emplace_back(*this, node);
}

Core::~Core() {
  for (int node = 0; node < placement_.nodes; ++node) node_queue(node).WaitForPushers();
  if (owns_time_) virtual_clock()->SetOwner({});
  for (InjectQueue& queue : inject_) queue.WaitForPushers();
}

MeasuredPriority::MeasuredPriority(Core& core)
    : steps_{{core, Priority::kImmediate}, {core, Priority::kImmediate},
             {core, Priority::kNormal},    {core, Priority::kNormal},
             {core, Priority::kNormal},    {core, Priority::kNormal}} {}

void PriorityExecutor::Schedule(TaskHeader* task) { core_.Schedule(task, priority_); }
bool PriorityExecutor::Adopt(TaskHeader* task) { return core_.Adopt(task); }
void PriorityExecutor::Disown(TaskHeader* task) { core_.Disown(task); }

void PinnedExecutor::Schedule(TaskHeader* task) {
  if (worker_.core().Current() == &worker_) {
    worker_.pinned().Push(task);
  } else if (!worker_.core().orphaned()) {
    worker_.pinned().PushRemote(task, [this] { worker_.core().Unpark(worker_); });
  }
}
void NodeExecutor::Schedule(TaskHeader* task) {
  if (core_.orphaned()) return;
  core_.node_queue(node_).Push(task, [this] { core_.WakeOneOf(node_); });
}
bool NodeExecutor::Adopt(TaskHeader* task) { return core_.Adopt(task); }
void NodeExecutor::Disown(TaskHeader* task) { core_.Disown(task); }

bool PinnedExecutor::Adopt(TaskHeader* task) { return worker_.core().Adopt(task); }
void PinnedExecutor::Disown(TaskHeader* task) { worker_.core().Disown(task); }

Result<std::unique_ptr<Worker>> Core::MakeWorker(int index) {
  std::unique_ptr<Driver> driver;
  if (options_.driver) {
    Result<std::unique_ptr<Driver>> made = options_.driver(index);
    if (!made.ok()) return made.error();
    driver = std::move(made).value();
  } else {
    driver = std::make_unique<ParkDriver>();
  }
  return std::make_unique<Worker>(*this, index, std::move(driver), options_.idle_period);
}

Result<void> Core::MakeWorkers() {
  if (virtual_clock() != nullptr) {
    owns_time_ = virtual_clock()->SetOwner([this] { UnparkAll(); });
    if (!owns_time_) {
      return Error(ErrorCode::kInvalidArgument, "create scheduler: its clock has another one");
    }
  }
  for (int i = 0; i < worker_count_; ++i) {
    Result<std::unique_ptr<Worker>> worker = MakeWorker(i);
    if (!worker.ok()) return worker.error();
    workers_[static_cast<size_t>(i)] = std::move(worker).value();
    pinned_.push_back(std::make_unique<PinnedExecutor>(*workers_[static_cast<size_t>(i)]));
    count_.store(i + 1, memory_order_release);
  }
  return {};
}

std::string Core::PlacementReport() const {
  std::string report = options_.affinity == Affinity::kNone ? "" : MachineOf(options_).Report();
  report += PlacementToString(placement_);
  for (const auto& worker : workers()) {
    if (worker->pin_error() == 0) continue;
    report += "worker " + std::to_string(worker->index()) + " is not bound: " +
              Error::FromErrno(worker->pin_error(), "sched_setaffinity").ToString() + '\n';
  }
  return report;
}

Worker* Core::AddSpare() {
  const int index = count_.load(memory_order_relaxed);
  if (index == capacity_) return nullptr;
  // One whose thread could not be started is there already.
  std::unique_ptr<Worker>& place = workers_[static_cast<size_t>(index)];
  if (place == nullptr) {
    Result<std::unique_ptr<Worker>> worker = MakeWorker(index);
    if (!worker.ok()) return nullptr;
    place = std::move(worker).value();
    place->SetPassive(true);
  }
  count_.store(index + 1, memory_order_release);
  return place.get();
}

void Core::DropSpare() {
  count_.store(count_.load(memory_order_relaxed) - 1, memory_order_release);
}

bool OnWorkerThread() { return CurrentWorker::Get() != nullptr; }

Worker* Core::Current() const {
  Worker* worker = CurrentWorker::Get();
  return worker != nullptr && &worker->core() == this ? worker : nullptr;
}

void Core::Schedule(TaskHeader* task, Priority priority) {
  if (Worker* worker = Current()) {
    worker->Push(task, priority);
  } else {
    Inject(task, priority);
  }
}

void Core::Inject(TaskHeader* task, Priority priority) {
  // In a forked child its locks may be held by threads that are not there. The task is not, either.
  if (orphaned()) return;
  const int node = NodeForOutside(priority);
  inject(priority).Push(
      task, [this] { return idle_.NeedsWake(); }, [this, node] { WakeOneNear(node); },
      static_cast<uint32_t>(node));
}

void Core::InjectBatch(TaskBatch* batch, Priority priority) {
  const int node = NodeForOutside(priority);
  inject(priority).PushShared(
      batch, [this] { return idle_.NeedsWake(); }, [this, node] { WakeOneNear(node); },
      static_cast<uint32_t>(node));
}

int Core::NodeForOutside(Priority priority) {
  if (placement_.nodes == 1) return 0;
  const auto cpu = static_cast<size_t>(ThisCpu());
  const int here = cpu < placement_.node_of_cpu.size() ? placement_.node_of_cpu[cpu] : 0;
  const uint32_t turn = options_.outside_placement == OutsidePlacement::kRoundRobin
                            ? outside_turn_.fetch_add(1, memory_order_relaxed)
                            : 0;
  return ChooseNode(placement_, options_.outside_placement, here, turn,
                    [&](int node) { return inject(priority).SizeOf(static_cast<uint32_t>(node)); });
}

bool Core::Adopt(TaskHeader* task) {
  task->executor_slot = 0;
  if (Worker* worker = Current()) {
    if (accepting_.load(memory_order_relaxed) == Accepting::kNone) return false;
    worker->counters().spawned.Add();
    RecordSpawn(task);
    return true;
  }
  if (!AdoptMany(1)) return false;
  RecordSpawn(task);
  return true;
}

// Apart: hardly ever asked for.
[[gnu::noinline]] void Core::AddSpawnRecord(TaskHeader* task) {
  const Worker* worker = CurrentWorker::Get();
  spawn_records_->Add(task, worker == nullptr ? nullptr : worker->current());
}

bool Core::AdoptMany(uint64_t count) {
  if (orphaned()) return false;
  // Counted first: either the count is seen by Drained, or the end of acceptance here.
  inject(Priority::kNormal).CountSpawned(static_cast<int64_t>(count));
  const Accepting accepting = accepting_.load(memory_order_seq_cst);
  if (accepting == Accepting::kAll) return true;
  // Who is inside a task that lives: that one is counted.
  if (accepting == Accepting::kInside && (Current() != nullptr || BlockedHere())) return true;
  DisownMany(count);
  return false;
}

void Core::DisownMany(uint64_t count) {
  inject(Priority::kNormal).CountSpawned(-static_cast<int64_t>(count));
  UnparkAll();
}

void Core::Disown(TaskHeader* task) {
  Worker* worker = Current();
  ZOKIO_CHECK(worker != nullptr,
              "a task ended outside its scheduler: it went on in a child of fork()?");
  // Counted before it leaves the table: who visits it there (Crew::Replace) sees by the count that
  // what has the same address later is another task.
  worker->counters().completed.Add();
  if (__builtin_expect(spawn_records_ != nullptr, 0)) spawn_records_->Remove(task);
  worker->Forget(task);
  if (__builtin_expect(stopping_.load(memory_order_relaxed), 0) && Drained()) UnparkAll();
}

bool Core::WakeOne() { return Unpark(idle_.ClaimSleeper()); }

bool Core::WakeOneNear(int node) {
  if (placement_.nodes == 1) return WakeOne();
  return Unpark(idle_.ClaimSleeper([this, node](int worker) { return NodeOf(worker) == node; }));
}

void Core::WakeOneOf(int node) {
  Unpark(idle_.ClaimSleeperOf([this, node](int worker) { return NodeOf(worker) == node; }));
}

int Core::NodeOf(int worker) const { return workers_[static_cast<size_t>(worker)]->node(); }

bool Core::Unpark(int sleeper) {
  if (sleeper == IdleSet::kNobody) return false;
  Unpark(*workers_[static_cast<size_t>(sleeper)]);
  return true;
}

void Core::Unpark(Worker& worker) {
  // Of the others' waits nobody learns anything.
  if (worker.spin().adaptive() && worker.asleep()) {
    worker.Wake(pace_clock_.Now(), ThisCpu());
  } else {
    worker.driver().Unpark();
  }
}

bool Core::WorkVisible() const {
  for (const InjectQueue& queue : inject_) {
    if (!queue.empty()) return true;
  }
  return std::any_of(workers().begin(), workers().end(),
                     [](const auto& worker) { return worker->HasVisibleWork(); });
}

void Core::Stop() {
  accepting_.store(Accepting::kNone, memory_order_seq_cst);
  stopping_.store(true, memory_order_release);
  UnparkAll();
}

void Core::CloseOutside() {
  Accepting all = Accepting::kAll;
  accepting_.compare_exchange_strong(all, Accepting::kInside, memory_order_seq_cst);
  UnparkAll();  // who is idle already must say so again
}

bool Core::WaitDrained(Instant deadline) {
  MutexLock lock(drain_mutex_);
  while (!Drained()) {
    if (!drained_.WaitUntil(lock, deadline)) return Drained();
  }
  return true;
}

void Core::NoteIdleWhileDraining() {
  if (!DrainedForSure()) return;
  MutexLock lock(drain_mutex_);
  drained_.NotifyAll();
}

bool Core::BlockedHere() const {
  Worker* worker = BlockedWorker::Get();
  return worker != nullptr && &worker->core() == this;
}

uint64_t Core::Live() const {
  // Completions are read before spawns, and both only grow: equal sums mean that nothing lived in
  // between. Whoever could spawn more from inside would be alive; outside nobody is let in.
  uint64_t completed = 0;
  for (const auto& worker : workers()) completed += worker->counters().completed.Get();
  uint64_t spawned = static_cast<uint64_t>(inject_[static_cast<int>(Priority::kNormal)].spawned());
  for (const auto& worker : workers()) spawned += worker->counters().spawned.Get();
  return spawned - completed;
}

TaskDump Core::Dump(Instant deadline) {
  if (orphaned() || crew_.all_exited()) return TaskDump();
  const int count = static_cast<int>(workers().size());
  TaskDump dump = dump_request_.Ask(count, deadline, [this] { UnparkAll(); });
  const uint64_t live = Live();
  if (dump.silent_workers.empty() && live > dump.tasks.size()) {
    dump.not_started = live - dump.tasks.size();
  }
  return dump;
}

void Core::UnparkAll() {
  for (const auto& worker : workers()) worker->driver().Unpark();
}

bool Core::AllAsleep() const {
  for (int node = 0; node < placement_.nodes; ++node) {
    if (node_queues_[static_cast<size_t>(node)].waiting()) return false;
  }
  return std::none_of(workers().begin(), workers().end(), [](const auto& worker) {
    if (worker->waits_in_place()) return false;  // and what is bound to it cannot run before
    return worker->pinned().waiting() || !worker->asleep();
  });
}

bool Core::io_pending() const {
  return std::any_of(workers().begin(), workers().end(),
                     [](const auto& worker) { return worker->io_pending(); });
}

void Core::AdvanceTime() {
  // Each worker says that it sleeps before it looks whether the others do, so the last one sees it.
  // One that was woken and has not run yet has its work in a queue, or a timer due; one that took
  // it from there meanwhile has said before that it is awake.
  VirtualClock& clock = *options_.virtual_clock;
  if (clock.held() || WorkVisible() || !AllAsleep()) return;
  const bool moved = clock.AdvanceTo([this] {
    Instant earliest = kNever;
    for (const auto& worker : workers()) {
      earliest = std::min(earliest, worker->wheel().NextDeadline());
    }
    return earliest;
  });
  if (!moved) return;
  const Instant now = clock.Now();
  for (const auto& worker : workers()) {
    if (worker->wheel().NextDeadline() > now) continue;
    if (worker->gate().seized()) {
      UnparkAll();  // somebody cares for its timers
      return;
    }
    worker->driver().Unpark();
  }
}

}  // namespace zokio::internal
