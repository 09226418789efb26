// A property: whatever is cancelled, dropped or timed out during a transfer, and whatever the
// kernel may do to it (io/backend/fault.h), no byte is lost or repeated and no descriptor leaks.
//
// ZOKIO_CANCEL_SAFETY_MIB sets how much each transfer carries.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "future/timeout.h"
#include "io/backend/fault.h"
#include "io/conformance/cells.h"
#include "io/file/file.h"
#include "io/unix_socket.h"

namespace zokio::io {
namespace {

using conformance::Driven;
using conformance::TurnUntil;
using conformance::VirtualTimer;
using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::CountDescriptors;
using testing::Peer;

uint64_t TransferBytes() {
  if (const char* mib = std::getenv("ZOKIO_CANCEL_SAFETY_MIB")) {
    return std::strtoull(mib, nullptr, 10) << 20;
  }
  return (testing::kSanitized ? uint64_t{1} : uint64_t{3}) << 20;
}

// The byte at a place of the stream: a missing or repeated one shifts the rest, which shows.
uint8_t ByteAt(uint64_t place) { return static_cast<uint8_t>((place * 0x9E3779B97F4A7C15u) >> 56); }

void Fill(std::vector<uint8_t>& bytes, uint64_t from) {
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = ByteAt(from + i);
}

// Verifies bytes as they come.
class Verifier {
 public:
  void Take(std::span<const uint8_t> bytes) {
    for (const uint8_t byte : bytes) {
      if (byte != ByteAt(place_)) ++wrong_;
      ++place_;
    }
  }
  uint64_t place() const { return place_; }
  uint64_t wrong() const { return wrong_; }

 private:
  uint64_t place_ = 0;
  uint64_t wrong_ = 0;
};

struct Variant {
  BackendChoice choice;
  bool faults;
  bool unix_sockets;
};

class CancelSafetyTest : public ::testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    LoopOptions options;
    options.backend = GetParam().choice;
    if (!BackendPlan::Make(options).ok()) GTEST_SKIP() << Describe();
    testing::UnixConnections() = GetParam().unix_sockets;
    before_ = CountDescriptors();
  }
  void TearDown() override {
    testing::UnixConnections() = false;
    if (IsSkipped()) return;
    AttachedLoop waits(BackendChoice::kEpoll);
    const int waits_have = 2;
    TurnUntil([&] { return CountDescriptors() - waits_have <= before_; });
    EXPECT_EQ(CountDescriptors() - waits_have, before_) << "descriptors leaked";
  }
  LoopOptions Options(uint64_t seed) {
    LoopOptions options;
    options.buffer_size = 512 << (seed % 4);  // short reads
    options.buffers_max = 64;
    options.unread_bytes_max = 16 * 4096;
    if (!GetParam().faults) return options;
    options.submission_entries = 8;
    options.completion_entries = 16;
    FaultOptions faults;
    faults.seed = seed;
    options.wrap_backend = WithFaults(faults, &counts_);
    return options;
  }

  FaultCounts counts_;

 private:
  int before_ = 0;
};

// Sends what the peer's socket takes, without waiting.
void SendSome(Peer& peer, uint64_t& sent, uint64_t total, std::vector<uint8_t>& piece) {
  while (sent < total) {
    piece.resize(std::min<uint64_t>(16 << 10, total - sent));
    Fill(piece, sent);
    const int32_t count = TrySend(peer.handle(), piece.data(), piece.size());
    if (count <= 0) return;
    sent += static_cast<uint64_t>(count);
  }
}

// One read of a random kind, given up at a random time or awaited.
template <typename Make, typename Take>
bool ReadOrGiveUp(AttachedLoop& loop, Random& random, Make make, Take take) {
  VirtualTimer timer;
  zokio::testing::ManualContext manual(nullptr, &timer);
  manual.environment.timer = &timer;
  auto limited = Timeout(make(), std::chrono::seconds(1));
  for (uint32_t turns = random.Below(4);; --turns) {
    manual.environment.budget = kPollBudget;
    auto poll = limited.poll(manual.context);
    if (poll.ready()) {
      ZOKIO_CHECK(poll.value().ok(), "a read failed");
      return take(*std::move(poll).value());
    }
    if (turns == 0) break;
    loop->Poll();
  }
  // Half of them run into their deadline, the others are just dropped.
  if (random.Below(2) == 0) {
    timer.Advance(std::chrono::seconds(2));
    auto poll = limited.poll(manual.context);
    if (poll.ready() && poll.value().ok()) return take(*std::move(poll).value());
  }
  return true;
}

TEST_P(CancelSafetyTest, ReadsThatAreGivenUpLoseNothing) {
  const uint64_t total = TransferBytes();
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Random random(seed);
    AttachedLoop loop(GetParam().choice, Options(seed));
    Connection connection = testing::MakeConnection();
    Verifier verifier;
    uint64_t sent = 0;
    std::vector<uint8_t> piece;
    std::vector<uint8_t> target(20'000);
    std::vector<Lease> held;  // some leases are kept for a while: buffers run out
    while (verifier.place() < total / 3) {
      SendSome(connection.peer, sent, total / 3, piece);
      if (held.size() > 40 || random.Below(8) == 0) held.clear();
      if (random.Below(2) == 0) {
        ReadOrGiveUp(
            loop, random, [&] { return connection.stream.Read(); },
            [&](Lease lease) {
              verifier.Take(lease.span());
              if (random.Below(4) == 0) held.push_back(std::move(lease));
              return true;
            });
      } else {
        const std::span<uint8_t> part(target.data(), 1 + random.Below(20'000));
        ReadOrGiveUp(
            loop, random, [&] { return connection.stream.Read(part); },
            [&](size_t count) {
              verifier.Take(part.first(count));
              return true;
            });
      }
      loop->Poll();
      ASSERT_EQ(verifier.wrong(), 0u) << "near byte " << verifier.place();
    }
    EXPECT_EQ(verifier.place(), total / 3);
  }
  if (GetParam().faults) {
    EXPECT_GT(counts_.late_completions, 0u);
    EXPECT_GT(counts_.stalls, 0u);
  }
}

TEST_P(CancelSafetyTest, WritesThatAreCutShortLoseNothing) {
  const uint64_t total = TransferBytes();
  Random random(5);
  AttachedLoop loop(GetParam().choice, Options(5));
  Connection connection = testing::MakeConnection();
  Verifier verifier;
  std::vector<uint8_t> buffer(64 << 10);
  const auto receive = [&] {
    while (true) {
      const int32_t count =
          TryReceive(connection.peer.handle(), buffer.data(), 1 + random.Below(64 << 10));
      if (count <= 0) return;
      verifier.Take({buffer.data(), static_cast<size_t>(count)});
      if (random.Below(3) == 0) return;
    }
  };
  for (uint64_t sent = 0; sent < total;) {
    std::vector<uint8_t> piece(std::min<uint64_t>(total - sent, 1 + random.Below(1 << 20)));
    Fill(piece, sent);
    Driven write(connection.stream.WriteAll(std::span<const uint8_t>(piece)));
    if (!write.Poll()) {
      TurnUntil([&] {
        receive();
        loop->Poll();
        return write.ready() || (write.woken() && write.Poll());
      });
    }
    ASSERT_TRUE(write.value().ok()) << write.value().error().ToString();
    sent += piece.size();
  }
  TurnUntil([&] {
    receive();
    return verifier.place() == total;
  });
  EXPECT_EQ(verifier.wrong(), 0u);
}

// Accepts, connects, opens and file transfers, given up at any time: descriptors do not leak, files
// are right where the operation said so.
TEST_P(CancelSafetyTest, WhatMakesDescriptorsLeaksNone) {
  const std::string path =
      std::string(std::getenv("TEST_TMPDIR") == nullptr ? "/tmp" : std::getenv("TEST_TMPDIR")) +
      "/cancel-safety";
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    Random random(seed);
    AttachedLoop loop(GetParam().choice, Options(seed));
    TcpListener listener = *Await(TcpListener::Bind("127.0.0.1:0"));
    const SocketAddress address = *listener.local_address();
    File file = *Await(File::Open(path, OpenOptions::Update()));
    const auto give_up = [&](auto driven) {
      for (uint32_t turns = random.Below(5); turns > 0 && !driven.ready(); --turns) {
        if (!driven.Poll()) loop->Poll();
      }
    };
    for (int round = 0; round < 60; ++round) {
      switch (random.Below(5)) {
        case 0:
          give_up(Driven(TcpStream::Connect(address)));
          break;
        case 1:
          give_up(Driven(listener.Accept()));
          break;
        case 2:
          give_up(Driven(File::Open(path)));
          break;
        case 3:
          give_up(Driven(file.ReadAt(0, 10'000)));
          break;
        default: {
          std::vector<uint8_t> bytes(1 + random.Below(100'000));
          const uint64_t place = random.Below(100'000);
          Fill(bytes, place);
          ASSERT_TRUE(Await(file.WriteAt(place, std::span<const uint8_t>(bytes))).ok());
          std::vector<uint8_t> back(bytes.size());
          for (size_t got = 0; got < back.size();) {
            const Result<size_t> count =
                Await(file.ReadAt(place + got, std::span<uint8_t>(back).subspan(got)));
            ASSERT_TRUE(count.ok() && *count > 0);
            got += *count;
          }
          EXPECT_TRUE(back == bytes);
        }
      }
    }
  }
  std::filesystem::remove(path);
}

INSTANTIATE_TEST_SUITE_P(Each, CancelSafetyTest,
                         ::testing::Values(Variant{BackendChoice::kUring, false, false},
                                           Variant{BackendChoice::kUring, true, false},
                                           Variant{BackendChoice::kUring, true, true},
                                           Variant{BackendChoice::kEpoll, false, false},
                                           Variant{BackendChoice::kEpoll, true, false},
                                           Variant{BackendChoice::kEpoll, true, true}),
                         [](const auto& info) {
                           return std::string(testing::ChoiceName(info.param.choice)) +
                                  (info.param.faults ? "_with_faults" : "") +
                                  (info.param.unix_sockets ? "_unix" : "");
                         });

}  // namespace
}  // namespace zokio::io
