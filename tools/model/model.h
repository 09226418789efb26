// Explore: runs a test body under the model checker, in every way its threads can interleave.
//
// The body uses the production types (they take their atomics, locks and threads from `base`) and
// states what must hold by ZOKIO_CHECK. It is run many times, so it makes all it needs itself and
// leaves nothing behind; it has no other source of chance than Choose().
//
//   TEST(MessagePassing, DataIsThereWhenTheFlagIs) {
//     zokio::model::Report report = zokio::model::Explore({.name = "message passing"}, [] {
//       zokio::Atomic<int> flag{0};
//       zokio::ModelVar<int> data;
//       auto writer = zokio::Thread::Start("writer", [&] {
//         data.Write(42);
//         flag.store(1, zokio::memory_order_release);
//       });
//       if (flag.load(zokio::memory_order_acquire) == 1) ZOKIO_CHECK(data.Read() == 42, "");
//     });
//     EXPECT_TRUE(report.Proven()) << report;
//   }
//
// Built by `zokio_cc_model_test` of //bazel:model.bzl, which compiles everything with
// ZOKIO_MODEL. The guide is docs/guide/model-checking.md.
// Thread-safety: one exploration at a time in a process.
#ifndef ZOKIO_TOOLS_MODEL_MODEL_H_
#define ZOKIO_TOOLS_MODEL_MODEL_H_

#include <functional>

#include "base/model/engine.h"
#include "tools/model/options.h"
#include "tools/model/report.h"

namespace zokio::model {

Report Explore(const Options& options, const std::function<void()>& body);

// Inside a body: one of 0 ... count - 1; all are explored.
int Choose(int count, SourceLocation where = SourceLocation::current());

// Inside a body: this thread polls; it goes on once another one wrote something.
void Yield(SourceLocation where = SourceLocation::current());

// Inside a body: what reports call this object. `name` must be a literal.
template <typename T>
void Name(const T& object, const char* name) {
  if (Engine* engine = CurrentEngine()) engine->Name(&object, name);
}

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_MODEL_H_
