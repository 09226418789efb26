#include "actor/inspect.h"

#include <unordered_map>

namespace zokio {
namespace {

std::string Micros(Duration duration) {
  const int64_t tenths = duration.count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void AppendLine(const ActorInfo& actor, size_t depth, std::string& text) {
  text.append(2 * depth, ' ');
  text += actor.type;
  text += " loop " + std::to_string(actor.loop);
  if (actor.queued != 0) text += " queued " + std::to_string(actor.queued);
  if (actor.coroutines != 0) text += " coroutines " + std::to_string(actor.coroutines);
  if (actor.restarts != 0) text += " restarts " + std::to_string(actor.restarts);
  if (actor.busy) text += " busy";
  if (actor.failed) text += " failed";
  if (actor.stopping) text += " stopping";
  if (actor.held_back) text += " held-back";
  if (actor.times.sampled != 0) {
    text += " delay_us p50 " + Micros(actor.times.delay_p50) + " p99 " +
            Micros(actor.times.delay_p99) + " handling_us p50 " + Micros(actor.times.handling_p50) +
            " p99 " + Micros(actor.times.handling_p99);
  }
  text += '\n';
}

}  // namespace

std::string TreeToString(const std::vector<ActorInfo>& actors) {
  std::unordered_map<ActorId, std::vector<size_t>> children;
  std::unordered_map<ActorId, size_t> known;
  for (size_t i = 0; i < actors.size(); ++i) known[actors[i].id] = i;
  std::vector<std::pair<size_t, size_t>> open;  // index, depth; the next one last
  for (size_t i = actors.size(); i-- > 0;) {
    // Where the parent ended while the loops were asked, its child stands at the top.
    if (known.contains(actors[i].parent)) {
      children[actors[i].parent].push_back(i);
    } else {
      open.emplace_back(i, 0);
    }
  }
  std::string text;
  while (!open.empty()) {
    const auto [index, depth] = open.back();
    open.pop_back();
    AppendLine(actors[index], depth, text);
    for (size_t child : children[actors[index].id]) open.emplace_back(child, depth + 1);
  }
  return text;
}

}  // namespace zokio
