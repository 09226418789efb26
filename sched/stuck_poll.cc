#include "sched/stuck_poll.h"

namespace zokio {

std::string StuckPoll::ToString() const {
  std::string text =
      "worker " + std::to_string(worker) + " is stuck in task " + std::to_string(task_id);
  if (!task_name.empty()) text += " \"" + task_name + "\"";
  if (spawned_at.line() != 0) {
    text += " spawned at " + std::string(spawned_at.file_name()) + ":" +
            std::to_string(spawned_at.line());
  }
  text += " since " + std::to_string(lasted.count() / 1'000'000) + " ms";
  text += replaced ? "; another thread took its place" : "; no thread could take its place";
  if (io_waits) text += "; completions of its ring wait";
  text += "\n" + stack;
  return text;
}

}  // namespace zokio
