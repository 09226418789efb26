// TLS between two streams of ours, on each backend: what passes, and what dropping leaves.
#include "io/tls/tls_stream.h"

#include <string>
#include <utility>
#include <vector>

#include "future/task_scope.h"
#include "gtest/gtest.h"
#include "io/loop.h"
#include "io/tls/pair_testing.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;
using io::testing::Pair;
using io::testing::Pattern;
using io::testing::ReadOnce;
using io::testing::ReadToEnd;
using io::testing::ReadWithin;
using io::testing::Send;
using io::testing::SendAndShutdown;
using io::testing::ShutdownOnce;
using io::testing::WriteWithin;

class TlsStreamTest : public io::testing::TlsPairTest {};

struct Exchanged {
  Exchanged() = default;
  bool sent_up = false;
  bool sent_down = false;
  std::string got_up;
  std::string got_down;
};

// Each half of each side is a task of its own; two workers share them.
Task<Exchanged> ExchangeOf(Pair* both, std::string up, std::string down) {
  Exchanged all;
  co_await WithScope([&](TaskScope& scope) -> Task<> {
    auto send_up = scope.SpawnWithResult(SendAndShutdown(&*both->client, std::move(up)));
    auto send_down = scope.SpawnWithResult(SendAndShutdown(&*both->server, std::move(down)));
    auto read_up = scope.SpawnWithResult(ReadToEnd(&*both->server));
    auto read_down = scope.SpawnWithResult(ReadToEnd(&*both->client));
    const auto sent_up = co_await send_up;
    const auto sent_down = co_await send_down;
    all.sent_up = sent_up.ok() && sent_up->ok();
    all.sent_down = sent_down.ok() && sent_down->ok();
    all.got_up = *(co_await read_up);
    all.got_down = *(co_await read_down);
  });
  co_return all;
}

TEST_P(TlsStreamTest, BytesPassBothWaysAtOnceAndEndsAreHalves) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server) << pair->client_error->ToString();
  EXPECT_EQ(pair->client->version(), "TLSv1.3");
  EXPECT_EQ(pair->server->server_name(), "a.test");
  const std::string up = Pattern(700'000);
  const std::string down = Pattern(500'001);
  const Exchanged all = runtime_->BlockOn(ExchangeOf(pair.get(), up, down));
  EXPECT_TRUE(all.sent_up && all.sent_down);
  EXPECT_TRUE(all.got_up == up) << all.got_up.size();
  EXPECT_TRUE(all.got_down == down) << all.got_down.size();
}

TEST_P(TlsStreamTest, OneHalfEndsWhileTheOtherGoesOn) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  EXPECT_TRUE(runtime_->BlockOn(SendAndShutdown(&*pair->client, "question")).ok());
  EXPECT_EQ(runtime_->BlockOn(ReadToEnd(&*pair->server)), "question");
  EXPECT_TRUE(runtime_->BlockOn(SendAndShutdown(&*pair->server, "answer")).ok());
  EXPECT_EQ(runtime_->BlockOn(ReadToEnd(&*pair->client)), "answer");
}

// A record is whole here, and every buffer of the loop is lent out: what it holds is read all the
// same.
Task<std::string> ReadWithoutBuffers(Pair* both) {
  Task<Result<void>> send = Send(&*both->client, std::string(12'000, 'r'));
  (void)co_await std::move(send);
  Task<std::string> first = ReadOnce(&*both->server);
  std::string text = co_await std::move(first);
  std::vector<Lease> lent;
  while (io::BufferBlock* block = io::Loop::Current()->pool().Take()) lent.emplace_back(block);
  while (text.size() < 12'000 && text.back() == 'r') {
    Task<std::string> next = ReadOnce(&*both->server);
    text += co_await std::move(next);
  }
  co_return text;
}

TEST_P(TlsStreamTest, ReadsWhatIsThereWithoutABuffer) {
  const auto both = Connect();
  ASSERT_TRUE(both->client.has_value() && both->server.has_value());
  EXPECT_EQ(runtime_->BlockOn(ReadWithoutBuffers(both.get())), std::string(12'000, 'r'));
}

TEST_P(TlsStreamTest, ReadsIntoMemoryOfTheCaller) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  const std::string text = runtime_->BlockOn(
      [](Pair* both) -> Task<std::string> {
        const std::string sent = "0123456789";
        const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(sent.data()),
                                             sent.size());
        if (!(co_await both->client->WriteAll(bytes)).ok()) co_return "write failed";
        std::vector<uint8_t> target(4);
        std::string got;
        for (int i = 0; i < 3; ++i) {
          const Result<size_t> count = co_await both->server->Read(std::span<uint8_t>(target));
          if (!count.ok() || *count == 0) co_return "read failed";
          got.append(reinterpret_cast<const char*>(target.data()), *count);
          got += ' ';
        }
        co_return got;
      },
      pair.get());
  EXPECT_EQ(text, "0123 4567 89 ");
}

TEST_P(TlsStreamTest, ReadsThatAreDroppedLoseNoByte) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  const std::string sent = Pattern(200'000);
  JoinHandle<Result<void>> sending = runtime_->Spawn(SendAndShutdown(&*pair->server, sent));
  std::string got;
  int round = 0;
  while (runtime_->BlockOn(
      ReadWithin(&*pair->client, std::chrono::microseconds(round++ % 40 * 5), &got))) {
  }
  EXPECT_TRUE(got == sent) << got.size();
}

TEST_P(TlsStreamTest, ShutdownAgainAndWritesAfterItLeaveReadingAlone) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  const std::string sent = Pattern(100'000);
  JoinHandle<Result<void>> sending = runtime_->Spawn(SendAndShutdown(&*pair->server, sent));
  std::string got = runtime_->BlockOn(ReadOnce(&*pair->client));  // a part; more lies here already
  EXPECT_TRUE(runtime_->BlockOn(ShutdownOnce(&*pair->client)).ok());
  EXPECT_TRUE(runtime_->BlockOn(ShutdownOnce(&*pair->client)).ok());
  EXPECT_EQ(runtime_->BlockOn(WriteWithin(&*pair->client, "x", 1h)), ErrorCode::kClosed);
  got += runtime_->BlockOn(ReadToEnd(&*pair->client));
  EXPECT_TRUE(got == sent) << got.size();
}

TEST_P(TlsStreamTest, AWriteDroppedOnItsWayEndsWritingButNotReading) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  // More than the sockets take, and nobody reads.
  EXPECT_EQ(runtime_->BlockOn(WriteWithin(&*pair->client, std::string(16'000'000, 'x'), 20ms)),
            ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(runtime_->BlockOn(WriteWithin(&*pair->client, "more", 1h)), ErrorCode::kCancelled);
  const Result<void> shut = runtime_->BlockOn(ShutdownOnce(&*pair->client));
  EXPECT_EQ(shut.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(runtime_->BlockOn(Send(&*pair->server, "hello")).ok());
  EXPECT_EQ(runtime_->BlockOn(ReadOnce(&*pair->client)), "hello");
}

TEST_P(TlsStreamTest, AClosedStreamSaysSo) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  pair->client->Close();
  EXPECT_FALSE(pair->client->open());
  EXPECT_EQ(runtime_->BlockOn(WriteWithin(&*pair->client, "x", 1h)), ErrorCode::kClosed);
  EXPECT_EQ(runtime_->BlockOn(ReadOnce(&*pair->client)), "tls: read: closed");
}

INSTANTIATE_TEST_SUITE_P(Backends, TlsStreamTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         io::testing::BackendName);

}  // namespace
}  // namespace zokio
