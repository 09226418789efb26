// Watching files and directories.
#include "io/file/file_watcher.h"

#include <sys/inotify.h>

#include <cstring>
#include <filesystem>

#include "io/conformance/file_rig.h"
#include "io/internal/watch_calls.h"

namespace zokio::io {
namespace {

using conformance::FileRig;
using testing::Await;
using testing::Driven;

class FileWatcherTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(FileWatcherTest);

// Reads events until one has what is looked for, of any watch or of one.
WatchEvent Find(FileWatcher& watcher, WatchEvent::Change change, int32_t watch = -1) {
  while (true) {
    Result<WatchEvent> event = Await(watcher.Next());
    if (!event.ok()) {
      ADD_FAILURE() << event.error().ToString();
      return WatchEvent();
    }
    if (event->Has(change) && (watch == -1 || event->watch == watch)) return *std::move(event);
  }
}

TEST_P(FileWatcherTest, TellsWhatHappensInADirectory) {
  FileRig rig(GetParam());
  FileWatcher watcher = *FileWatcher::Open();
  const Result<int32_t> watch = Await(watcher.Add(rig.directory));
  ASSERT_TRUE(watch.ok());
  Driven waiting(watcher.Next());
  ASSERT_FALSE(waiting.Poll());
  rig.Write("new", "text");
  const Result<WatchEvent> created = waiting.Finish();
  ASSERT_TRUE(created.ok());
  EXPECT_TRUE(created->Has(WatchEvent::kCreated));
  EXPECT_EQ(created->name, "new");
  EXPECT_EQ(created->watch, *watch);
  EXPECT_EQ(Find(watcher, WatchEvent::kWritten).name, "new");
  std::filesystem::rename(rig.Path("new"), rig.Path("other"));
  const WatchEvent from = Find(watcher, WatchEvent::kMovedFrom);
  const WatchEvent to = Find(watcher, WatchEvent::kMovedTo);
  EXPECT_EQ(from.name, "new");
  EXPECT_EQ(to.name, "other");
  EXPECT_NE(from.move_id, 0u);
  EXPECT_EQ(from.move_id, to.move_id);
  std::filesystem::create_directory(rig.Path("below"));
  EXPECT_TRUE(Find(watcher, WatchEvent::kCreated).is_directory);
  std::filesystem::remove(rig.Path("other"));
  EXPECT_EQ(Find(watcher, WatchEvent::kRemoved).name, "other");
}

// A path may lie on a file system that answers late: the loop does not wait for it.
TEST_P(FileWatcherTest, AddWaitsElsewhere) {
  FileRig rig(GetParam());
  FileWatcher watcher = *FileWatcher::Open();
  Driven adding(watcher.Add(rig.directory));
  EXPECT_FALSE(adding.Poll());  // it was begun, not done
  ASSERT_TRUE(adding.Finish().ok());
  // The watcher may go while it is under way, and so may the interest in it.
  for (int i = 0; i < 20; ++i) {
    FileWatcher brief = *FileWatcher::Open();
    Driven first(brief.Add(rig.directory));
    EXPECT_FALSE(first.Poll());
    {
      Driven dropped(brief.Add(rig.directory));
      EXPECT_FALSE(dropped.Poll());
    }
    brief.Close();
    EXPECT_TRUE(first.Finish().ok());
  }
  EXPECT_EQ(Await(watcher.Add(std::string_view("a\0b", 3))).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST_P(FileWatcherTest, AWatchEndsWithItsFileOrByRequest) {
  FileRig rig(GetParam());
  FileWatcher watcher = *FileWatcher::Open();
  const Result<int32_t> data = Await(watcher.Add(rig.Path("data")));
  ASSERT_TRUE(data.ok());
  const Result<int32_t> directory = Await(watcher.Add(rig.directory));
  ASSERT_TRUE(watcher.Remove(*directory).ok());
  EXPECT_FALSE(watcher.Remove(*directory).ok());
  rig.Write("unseen", "text");
  rig.file.Close();
  std::filesystem::remove(rig.Path("data"));
  EXPECT_TRUE(Find(watcher, WatchEvent::kGone, *data).name.empty());
  const Result<int32_t> missing = Await(watcher.Add(rig.Path("missing")));
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(missing.error().ToString().find("/missing: not found"), std::string::npos);
  // What was moved is told of further, until Remove.
  rig.Write("moving", "text");
  const Result<int32_t> moving = Await(watcher.Add(rig.Path("moving")));
  ASSERT_TRUE(moving.ok());
  std::filesystem::rename(rig.Path("moving"), rig.Path("moved"));
  EXPECT_EQ(Find(watcher, WatchEvent::kGone, *moving).watch, *moving);
  rig.Write("moved", "more");
  EXPECT_EQ(Find(watcher, WatchEvent::kWritten, *moving).watch, *moving);
  ASSERT_TRUE(watcher.Remove(*moving).ok());
  EXPECT_EQ(Find(watcher, WatchEvent::kGone, *moving).watch, *moving);
  watcher.Close();
  EXPECT_EQ(Await(watcher.Next()).error().code(), ErrorCode::kClosed);
  EXPECT_EQ(Await(watcher.Add("/")).error().code(), ErrorCode::kClosed);
}

// The kernel's format: whole events are read one after the other; what is cut off is dropped.
TEST(WatchParserTest, TakesWholeEventsAlone) {
  uint8_t bytes[2 * (sizeof(inotify_event) + 16)] = {};
  inotify_event head{};
  head.wd = 7;
  head.mask = IN_CLOSE_WRITE;
  head.len = 16;
  for (size_t at : {size_t{0}, sizeof(bytes) / 2}) {
    std::memcpy(bytes + at, &head, sizeof(head));
    std::memcpy(bytes + at + sizeof(head), "config", 6);
  }
  for (size_t size = 0; size <= sizeof(bytes); ++size) {
    std::span<const uint8_t> rest = std::span<const uint8_t>(bytes).first(size);
    WatchEvent event;
    size_t events = 0;
    while (ParseWatchEvent(rest, event)) {
      ++events;
      EXPECT_EQ(event.name, "config");
      EXPECT_EQ(event.watch, 7);
      EXPECT_TRUE(event.Has(WatchEvent::kWritten));
    }
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(events, size / (sizeof(bytes) / 2));
  }
}

}  // namespace
}  // namespace zokio::io
