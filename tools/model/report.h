// Report: what an exploration found, for tests to assert on and people to read.
#ifndef ZOKIO_TOOLS_MODEL_REPORT_H_
#define ZOKIO_TOOLS_MODEL_REPORT_H_

#include <cstdint>
#include <ostream>
#include <string>

namespace zokio::model {

enum class Verdict : uint8_t {
  kPass,
  kAssertion,   // a ZOKIO_CHECK failed
  kDataRace,    // conflicting plain accesses, or use of an object before its making is visible
  kDeadlock,    // every thread waits for a lock or a join
  kLostWakeup,  // as deadlock, and somebody sleeps who was to be woken
  kLivelock,    // no end within steps_max
  kLeak,
  kUseAfterFree,
  kDoubleFree,
  kMisuse,          // unlocking another's mutex, more than kThreadsMax threads, ...
  kNondeterminism,  // the body does not do the same when given the same choices
};

const char* VerdictName(Verdict verdict);

struct Report {
  std::string name;
  Verdict verdict = Verdict::kPass;
  // Everything within the mode's bound was explored. False after a failure or a spent budget.
  bool complete = false;
  // Which budget ended it: "" or "schedules" or "time".
  std::string budget_spent;

  uint64_t schedules = 0;  // executions run to their end
  uint64_t redundant = 0;  // executions given up as equivalent to an earlier one
  uint64_t steps = 0;      // operations executed in all
  uint32_t steps_longest = 0;
  double seconds = 0;

  // Of a failure.
  std::string message;
  std::string interleaving;  // a table: one column a thread, one row a step, source lines
  std::string replay;        // for Options::replay
  std::string shortened;     // the table of the shortest failing interleaving found
  std::string shortened_replay;
  uint32_t failing_steps = 0;
  uint32_t shortened_steps = 0;
  uint64_t seed = 0;  // of the failing schedule, in the random modes

  // Nothing wrong was found in what was run.
  bool Passed() const { return verdict == Verdict::kPass; }
  // Nothing is wrong in all there is to run.
  bool Proven() const { return Passed() && complete; }
  // "message passing: proven: 12 schedules, 96 steps, 0.001 s"
  std::string Summary() const;
  std::string ToString() const;
};

std::ostream& operator<<(std::ostream& out, const Report& report);

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_REPORT_H_
