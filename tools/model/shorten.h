// Shorten: from a failing interleaving to one that fails alike with fewer switches and steps.
#ifndef ZOKIO_TOOLS_MODEL_SHORTEN_H_
#define ZOKIO_TOOLS_MODEL_SHORTEN_H_

#include <functional>
#include <vector>

#include "tools/model/execution.h"
#include "tools/model/options.h"

namespace zokio::model {

struct Choices {
  std::vector<int> values;
  std::vector<bool> is_thread;
};

// Greedy: lets threads run on where they were preempted, takes the newest value where an old one
// was seen, as long as the same verdict comes out. The result replays exactly.
Choices Shorten(const Options& options, const std::function<void()>& body, const Choices& failing,
                Verdict verdict);

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_SHORTEN_H_
