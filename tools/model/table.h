// The interleaving of a run as a table: a column a thread, a row a step, the source line at the
// end.
#ifndef ZOKIO_TOOLS_MODEL_TABLE_H_
#define ZOKIO_TOOLS_MODEL_TABLE_H_

#include <string>
#include <vector>

#include "tools/model/execution.h"

namespace zokio::model {

std::string FormatInterleaving(const Execution& execution);

// Choices as text, and back: a digit for a thread, a letter for a value, how often in brackets
// ("01(3)2a1").
std::string EncodeChoices(const std::vector<int>& choices, const std::vector<bool>& is_thread);
std::vector<int> DecodeChoices(const std::string& text);

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_TABLE_H_
