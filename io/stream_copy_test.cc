// What copies between streams and files: StreamCopier, CopyStream, Proxy, SendFile.
#include "io/stream_copy.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/random.h"
#include "io/backend/fault.h"
#include "io/stream_copier.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::CountDescriptors;
using testing::Driven;
using testing::MakeConnection;
using testing::Peer;
using testing::TurnUntil;

class StreamCopyTest : public testing::BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    before_ = CountDescriptors();
  }
  void TearDown() override {
    if (IsSkipped()) return;
    AttachedLoop waits(BackendChoice::kEpoll);  // two descriptors; the kernel closes a ring's late
    TurnUntil([&] { return CountDescriptors() - 2 <= before_; });
  }

 private:
  int before_ = 0;
};
ZOKIO_IO_ON_EACH_BACKEND(StreamCopyTest);

std::string RandomText(size_t size) {
  Random random(11);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>('a' + random.Below(26));
  return text;
}

// The byte at a place: one that is missing or repeated shifts the rest, which shows.
uint8_t ByteAt(uint64_t place) { return static_cast<uint8_t>((place * 0x9E3779B97F4A7C15u) >> 56); }

// A task that runs beside the loop; dropped with this.
class Running {
 public:
  explicit Running(Task<Result<uint64_t>> task) {
    Spawn(executor_, Keep(std::move(task), &result_)).Detach();
  }

  // Lets it go on; true when it is ready.
  bool Turn() {
    executor_.RunUntilIdle();
    return result_.has_value();
  }
  Result<uint64_t> Finish() {
    TurnUntil([this] { return Turn(); });
    return *std::move(result_);
  }

 private:
  static Task<void> Keep(Task<Result<uint64_t>> task, std::optional<Result<uint64_t>>* result) {
    result->emplace(co_await std::move(task));
  }

  std::optional<Result<uint64_t>> result_;
  LocalExecutor executor_;
};

// Two peers and the two streams between them; the first peer sends, the second one verifies.
class Passage {
 public:
  SocketStream& from() { return from_.stream; }
  SocketStream& to() { return to_.stream; }
  Peer& source() { return from_.peer; }
  Peer& target() { return to_.peer; }
  uint64_t sent() const { return sent_; }
  uint64_t verified() const { return verified_; }
  uint64_t wrong() const { return wrong_; }

  // As much of `size` bytes as the socket takes.
  void Send(size_t size) {
    buffer_.resize(size);
    for (size_t i = 0; i < size; ++i) buffer_[i] = ByteAt(sent_ + i);
    size_t done = 0;
    while (done < size) {
      const int32_t count = TrySend(source().handle(), buffer_.data() + done, size - done);
      if (count <= 0) break;
      done += static_cast<size_t>(count);
    }
    sent_ += done;
  }
  void Receive() {
    buffer_.resize(64 << 10);
    int32_t count;
    while ((count = TryReceive(target().handle(), buffer_.data(), buffer_.size())) > 0) {
      for (int32_t i = 0; i < count; ++i) {
        if (buffer_[static_cast<size_t>(i)] != ByteAt(verified_++)) ++wrong_;
      }
    }
  }

 private:
  Connection from_ = MakeConnection();
  Connection to_ = MakeConnection();
  std::vector<uint8_t> buffer_;
  uint64_t sent_ = 0;
  uint64_t verified_ = 0;
  uint64_t wrong_ = 0;
};

TEST_P(StreamCopyTest, ABulkGoesPastUserSpace) {
  constexpr uint64_t kTotal = 4 << 20;
  AttachedLoop loop(GetParam());
  Passage passage;
  StreamCopier copier(&passage.from(), &passage.to());
  Running run(copier.Run());
  (void)run.Turn();
  TurnUntil([&] {
    (void)run.Turn();
    if (passage.sent() < kTotal)
      passage.Send(std::min<uint64_t>(64 << 10, kTotal - passage.sent()));
    passage.Receive();
    return passage.verified() == kTotal;
  });
  EXPECT_EQ(passage.wrong(), 0u);
  passage.source().ShutdownSend();
  EXPECT_EQ(*run.Finish(), kTotal);
  EXPECT_EQ(copier.held(), 0u);
  EXPECT_GT(copier.spliced(), kTotal / 2);
  EXPECT_EQ(loop->stats().bytes_spliced, copier.spliced());
  EXPECT_EQ(loop->splice_pipes().size(), 1u);  // for the next one
}

// Bulk and messages, on a hostile backend and a friendly one.
void CopyWithDroppedRuns(BackendChoice choice, bool hostile) {
  constexpr uint64_t kTotal = testing::kSanitized ? 1536 << 10 : 4 << 20;
  LoopOptions options;
  FaultOptions faults;
  faults.seed = 3;
  if (hostile) options.wrap_backend = WithFaults(faults);
  AttachedLoop loop(choice, options);
  Passage passage;
  Random random(7);
  StreamCopier copier(&passage.from(), &passage.to());
  int dropped = 0;
  while (passage.verified() < kTotal) {
    const bool bulk = (passage.sent() >> 20) % 2 == 0;
    Running run(copier.Run());
    const uint32_t turns = random.Below(8);
    for (uint32_t i = 0; i < turns; ++i) {
      ASSERT_FALSE(run.Turn());
      if (passage.sent() < kTotal) passage.Send(bulk ? 64 << 10 : 1 + random.Below(3000));
      if (random.Below(3) > 0) passage.Receive();
      loop->Poll();
    }
    ++dropped;
    passage.Receive();
    ASSERT_EQ(passage.wrong(), 0u) << "near byte " << passage.verified();
  }
  EXPECT_EQ(passage.verified(), passage.sent());
  EXPECT_EQ(copier.given(), passage.sent());
  EXPECT_GT(copier.spliced(), 0u);
  EXPECT_LT(copier.spliced(), copier.given());
  EXPECT_GT(dropped, 5);
}

TEST_P(StreamCopyTest, RunsThatAreDroppedLoseNoByte) {
  CopyWithDroppedRuns(GetParam(), /*hostile=*/false);
}

TEST_P(StreamCopyTest, RunsThatAreDroppedLoseNoByteOnAHostileKernel) {
  CopyWithDroppedRuns(GetParam(), /*hostile=*/true);
}

// What the stream had received by itself comes first; after the copy it is as before.
TEST_P(StreamCopyTest, AStreamIsReadBeforeAndAfter) {
  constexpr uint64_t kBulk = 1 << 20;
  AttachedLoop loop(GetParam());
  Passage passage;
  passage.Send(100);
  EXPECT_EQ(Await(passage.from().Read())->size(), 100u);  // armed from here on
  passage.Send(50'000);
  for (int i = 0; i < 20; ++i) loop->Poll();
  {
    StreamCopier copier(&passage.from(), &passage.to());
    Running run(copier.Run());
    (void)run.Turn();
    std::vector<uint8_t> got(4096);
    uint64_t place = 100;
    TurnUntil([&] {
      (void)run.Turn();
      if (passage.sent() < kBulk) passage.Send(64 << 10);
      int32_t count;
      while ((count = TryReceive(passage.target().handle(), got.data(), got.size())) > 0) {
        for (int32_t i = 0; i < count; ++i) {
          EXPECT_EQ(got[static_cast<size_t>(i)], ByteAt(place)) << place;
          ++place;
        }
      }
      return passage.sent() >= kBulk && place == passage.sent();
    });
    EXPECT_GT(copier.spliced(), 0u);
  }
  passage.source().Send("message");
  Result<Lease> read = Await(passage.from().Read());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->view(), "message");
  // More than the socket takes, so that the write has to wait for it.
  const std::string large(8 << 20, 'w');
  for (SocketStream* stream : {&passage.from(), &passage.to()}) {
    const Peer& peer = stream == &passage.from() ? passage.source() : passage.target();
    Driven write(stream->WriteAll(std::string(large)));
    EXPECT_FALSE(write.Poll());
    size_t received = 0;
    std::vector<uint8_t> buffer(1 << 20);
    TurnUntil([&] {
      if (write.woken() && !write.ready()) (void)write.Poll();
      const int32_t count = TryReceive(peer.handle(), buffer.data(), buffer.size());
      received += count > 0 ? static_cast<size_t>(count) : 0;
      return received == large.size();
    });
    EXPECT_TRUE(write.Finish().ok());
  }
}

// Moves so much that the copy is a bulk one, and ends with the copier waiting for more.
void MakeBulk(Passage& passage, StreamCopier& copier, Running& run) {
  (void)run.Turn();
  TurnUntil([&] {
    (void)run.Turn();
    if (copier.spliced() == 0) passage.Send(64 << 10);
    passage.Receive();
    return copier.spliced() > 0 && passage.verified() == passage.sent();
  });
}

TEST_P(StreamCopyTest, EndsAndErrorsAreSeenInBulk) {
  AttachedLoop loop(GetParam());
  {
    Passage passage;
    StreamCopier copier(&passage.from(), &passage.to());
    Running run(copier.Run());
    MakeBulk(passage, copier, run);
    passage.from().Close();
    EXPECT_EQ(run.Finish().error().code(), ErrorCode::kClosed);
  }
  {
    Passage passage;
    StreamCopier copier(&passage.from(), &passage.to());
    Running run(copier.Run());
    MakeBulk(passage, copier, run);
    passage.source().Reset();
    EXPECT_EQ(run.Finish().error().code(), ErrorCode::kConnectionReset);
  }
  {
    Passage passage;  // the one who is sent to is gone: an error, and no SIGPIPE
    StreamCopier copier(&passage.from(), &passage.to());
    Running run(copier.Run());
    MakeBulk(passage, copier, run);
    passage.target().Reset();
    TurnUntil([&] {
      passage.Send(64 << 10);
      return run.Turn();
    });
    EXPECT_EQ(run.Finish().error().code(), ErrorCode::kConnectionReset);
  }
}

TEST_P(StreamCopyTest, ACloseEndsAWaitToBeTaken) {
  AttachedLoop loop(GetParam());
  Passage passage;
  StreamCopier copier(&passage.from(), &passage.to());
  Running run(copier.Run());
  (void)run.Turn();
  // Nobody receives: until both sockets and the pipe are full.
  uint64_t before = UINT64_MAX;
  for (int idle = 0; idle < 20; ++idle) {
    passage.Send(64 << 10);
    (void)run.Turn();
    loop->Poll();
    if (std::exchange(before, passage.sent()) != passage.sent()) idle = 0;
  }
  EXPECT_FALSE(run.Turn());
  passage.to().Close();
  EXPECT_EQ(run.Finish().error().code(), ErrorCode::kClosed);
}

// No descriptor makes any pipe: the buffers serve.
TEST_P(StreamCopyTest, WithoutAPipeBuffersServe) {
  constexpr uint64_t kTotal = 2 << 20;
  AttachedLoop loop(GetParam());
  Passage passage;
  for (int i = 0; i < 20; ++i) loop->Poll();  // the listeners close
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int free = dup(passage.source().handle());
  close(free);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(free);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  {
    StreamCopier copier(&passage.from(), &passage.to());
    Running run(copier.Run());
    (void)run.Turn();
    TurnUntil([&] {
      (void)run.Turn();
      if (passage.sent() < kTotal) passage.Send(64 << 10);
      passage.Receive();
      return passage.verified() >= kTotal;
    });
    EXPECT_EQ(passage.wrong(), 0u);
    EXPECT_EQ(copier.spliced(), 0u);
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

// The end of one direction is passed on, the other goes on.
TEST_P(StreamCopyTest, AProxyPassesBothDirectionsAndEachEnd) {
  AttachedLoop loop(GetParam());
  Connection client = MakeConnection();
  Connection server = MakeConnection();
  const std::string request = RandomText(100'000);
  LocalExecutor executor;
  JoinHandle<Result<ProxyCounts>> proxy = Spawn(executor, Proxy(client.stream, server.stream));
  size_t sent = 0;
  std::string got;
  char buffer[4096];
  const auto turn = [&] {
    executor.RunUntilIdle();
    loop->Poll();
  };
  while (got.size() < request.size()) {
    const int32_t count =
        TrySend(client.peer.handle(), reinterpret_cast<const uint8_t*>(request.data()) + sent,
                request.size() - sent);
    sent += count > 0 ? static_cast<size_t>(count) : 0;
    turn();
    const ssize_t part = recv(server.peer.handle(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (part > 0) got.append(buffer, static_cast<size_t>(part));
  }
  EXPECT_EQ(got, request);
  client.peer.ShutdownSend();
  TurnUntil([&] {
    executor.RunUntilIdle();
    return recv(server.peer.handle(), buffer, 1, MSG_DONTWAIT) == 0;
  });
  server.peer.Send("answer after the end");
  TurnUntil([&] {
    executor.RunUntilIdle();
    return recv(client.peer.handle(), buffer, 20, MSG_DONTWAIT | MSG_PEEK) == 20;
  });
  server.peer.Close();
  std::optional<Result<ProxyCounts>> counts;
  auto join = [](JoinHandle<Result<ProxyCounts>> handle,
                 std::optional<Result<ProxyCounts>>* out) -> Task<void> {
    out->emplace(*co_await std::move(handle));
  };
  JoinHandle<void> joined = Spawn(executor, join(std::move(proxy), &counts));
  TurnUntil([&] {
    executor.RunUntilIdle();
    return counts.has_value();
  });
  ASSERT_TRUE(counts->ok());
  EXPECT_EQ((*counts)->to_second, request.size());
  EXPECT_EQ((*counts)->to_first, 20u);
}

TEST_P(StreamCopyTest, AFileIsSentFromAnyPlace) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  const char* base = std::getenv("TEST_TMPDIR");
  const std::string path =
      std::string(base == nullptr ? "/tmp" : base) + "/sent-" + testing::ChoiceName(GetParam());
  const std::string text = RandomText(1'000'000);
  std::ofstream(path) << text;
  File file = *Await(File::Open(path));
  std::string got;
  std::vector<char> buffer(1 << 16);
  LocalExecutor executor;
  for (const auto& [offset, length, wanted] :
       {std::tuple<uint64_t, uint64_t, uint64_t>{0, 1'000'000, 1'000'000},
        {999'990, 1'000, 10},
        {5, 262'144, 262'144},
        {2'000'000, 5, 0}}) {
    got.clear();
    const uint64_t spliced = loop->stats().bytes_spliced;
    Spawn(executor, SendFile(file, offset, length, connection.stream)).Detach();
    TurnUntil([&] {
      executor.RunUntilIdle();
      ssize_t part;
      while ((part = recv(connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT)) >
             0) {
        got.append(buffer.data(), static_cast<size_t>(part));
      }
      return got.size() >= wanted && executor.live() == 0;
    });
    EXPECT_TRUE(got == (wanted == 0 ? "" : text.substr(offset, wanted))) << offset;
    EXPECT_EQ(loop->stats().bytes_spliced - spliced, wanted > 200'000 ? wanted : 0);
  }
  std::filesystem::remove(path);
}

// The operation that fills the pipe keeps it, whenever it is dropped.
TEST_P(StreamCopyTest, SendingAFileMayBeDropped) {
  AttachedLoop loop(GetParam());
  const char* base = std::getenv("TEST_TMPDIR");
  const std::string path =
      std::string(base == nullptr ? "/tmp" : base) + "/dropped-" + testing::ChoiceName(GetParam());
  std::ofstream(path) << RandomText(3'000'000);
  File file = *Await(File::Open(path));
  std::vector<char> buffer(1 << 16);
  for (uint32_t turns = 0; turns < 40; ++turns) {
    Connection connection = MakeConnection();
    Running send(SendFile(file, 7, 3'000'000, connection.stream));
    for (uint32_t i = 0; i <= turns; ++i) {
      if (send.Turn()) break;
      if (turns % 2 == 0) {
        (void)recv(connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      }
      loop->Poll();
    }
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace zokio::io
