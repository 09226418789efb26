// What the cells of file operations share: a loop, a temporary directory, and the conditions that
// every such operation meets the same way.
//
// An operation is a type with `Prepare(rig, i)`, `Make(rig, i)`, which gives its future, and
// `Check(rig, result)`; `i` tells apart several at once.
#ifndef ZOKIO_IO_CONFORMANCE_FILE_RIG_H_
#define ZOKIO_IO_CONFORMANCE_FILE_RIG_H_

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/conformance/cells.h"
#include "io/file/file.h"
#include "io/file/file_system.h"

namespace zokio::io::conformance {

struct FileRig {
  explicit FileRig(BackendChoice choice, const LoopOptions& options = LoopOptions())
      : loop(choice, options) {
    const char* base = std::getenv("TEST_TMPDIR");
    std::string pattern = std::string(base == nullptr ? "/tmp" : base) + "/zokio-XXXXXX";
    ZOKIO_CHECK(mkdtemp(pattern.data()) != nullptr, "mkdtemp");
    directory = pattern;
    Write("data", "0123456789");
    Result<File> opened = Await(File::Open(Path("data"), OpenOptions::Update()));
    ZOKIO_CHECK(opened.ok(), "open");
    file = *std::move(opened);
  }
  ~FileRig() {
    file.Close();
    loop.End();
    std::filesystem::remove_all(directory);
  }
  std::string Path(const std::string& name) const { return directory + "/" + name; }
  std::string Path(const char* name, int i) const { return Path(name + std::to_string(i)); }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
  }
  std::string Contents(const std::string& name) const {
    std::ifstream stream(Path(name));
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  bool Exists(const std::string& name) const { return std::filesystem::exists(Path(name)); }
  // Until the kernel and the threads that may block know nothing of ours.
  void Settle() {
    TurnUntil([this] { return !loop->HasPendingOperations(); });
  }

  AttachedLoop loop;
  std::string directory;
  File file;
};

template <typename Op>
void FileOk(BackendChoice choice) {
  FileRig rig(choice);
  Op::Prepare(rig, 0);
  auto result = Await(Op::Make(rig, 0));
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  Op::Check(rig, result);
}

enum class DropTime { kBefore, kInFlight, kAfter };

// Dropped at any time, nothing leaks and the file goes on to work.
template <typename Op, DropTime kTime>
void FileDropped(BackendChoice choice) {
  FileRig rig(choice);
  Op::Prepare(rig, 0);
  {
    Driven future(Op::Make(rig, 0));
    if (!future.Poll()) {
      if (kTime == DropTime::kInFlight) rig.loop->Poll();
      if (kTime == DropTime::kAfter) TurnUntil([&] { return future.woken(); });
    }
  }
  rig.Settle();
  EXPECT_TRUE(Await(rig.file.Status()).ok());
}

template <typename Op>
void FileTimeout(BackendChoice choice) {
  FileRig rig(choice);
  Op::Prepare(rig, 0);
  DeadlineRig deadline;
  auto limited = Timeout(Op::Make(rig, 0), std::chrono::seconds(1));
  if (limited.poll(deadline.context()).ready()) return;  // it was in the page cache
  deadline.Pass(std::chrono::seconds(2));
  auto poll = limited.poll(deadline.context());
  ASSERT_TRUE(poll.ready());
  ASSERT_FALSE(poll.value().ok());
  EXPECT_EQ(poll.value().error().code(), ErrorCode::kDeadlineExceeded);
}

// The file closes while the operation is under way: it keeps the descriptor and succeeds.
template <typename Op>
void FileCloseDuring(BackendChoice choice) {
  FileRig rig(choice);
  Op::Prepare(rig, 0);
  Driven future(Op::Make(rig, 0));
  (void)future.Poll();
  rig.file.Close();
  auto result = future.Finish();
  EXPECT_TRUE(result.ok()) << result.error().ToString();
  auto late = Await(rig.file.Status());
  EXPECT_EQ(late.error().code(), ErrorCode::kClosed);
}

template <typename Op>
void FileQueueFull(BackendChoice choice) {
  constexpr int kCount = 40;
  FileRig rig(choice, TinyQueues());
  using Future = decltype(Op::Make(rig, 0));
  std::vector<std::unique_ptr<Driven<Future>>> futures;
  for (int i = 0; i < kCount; ++i) {
    Op::Prepare(rig, i);
    futures.push_back(std::make_unique<Driven<Future>>(Op::Make(rig, i)));
    (void)futures.back()->Poll();
  }
  for (auto& future : futures) EXPECT_TRUE(future->Finish().ok());
}

template <typename Op>
void AddPathRows(std::vector<Cell>& cells, const char* name) {
  cells.push_back({name, "ok", &FileOk<Op>});
  cells.push_back({name, "cancel_before", &FileDropped<Op, DropTime::kBefore>});
  cells.push_back({name, "cancel_in_flight", &FileDropped<Op, DropTime::kInFlight>});
  cells.push_back({name, "cancel_after", &FileDropped<Op, DropTime::kAfter>});
  cells.push_back({name, "timeout", &FileTimeout<Op>});
  cells.push_back({name, "queue_full", &FileQueueFull<Op>});
}

template <typename Op>
void AddFileRows(std::vector<Cell>& cells, const char* name) {
  AddPathRows<Op>(cells, name);
  cells.push_back({name, "close_during", &FileCloseDuring<Op>});
}

}  // namespace zokio::io::conformance

#endif  // ZOKIO_IO_CONFORMANCE_FILE_RIG_H_
