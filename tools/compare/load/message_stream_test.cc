#include "tools/compare/load/message_stream.h"

#include <gtest/gtest.h>

#include <vector>

namespace zokio::compare {
namespace {

constexpr size_t kSize = 24;

// What a stream sends in its first `count` messages, as one run of bytes.
std::vector<std::byte> Send(MessageStream* stream, const std::vector<std::byte>& filler,
                            int count) {
  std::vector<std::byte> bytes;
  for (int i = 0; i < count; ++i) {
    std::vector<std::byte> message = filler;
    stream->StampNext(message.data());
    bytes.insert(bytes.end(), message.begin(), message.end());
  }
  return bytes;
}

TEST(MessageStreamTest, AcceptsTheEchoHoweverItIsCut) {
  const auto filler = MakeFiller(kSize);
  for (size_t cut = 0; cut <= 3 * kSize; ++cut) {
    MessageStream stream(7, filler);
    const auto bytes = Send(&stream, filler, 3);
    EXPECT_TRUE(stream.Verify(std::span(bytes).first(cut)));
    EXPECT_EQ(stream.received(), cut / kSize);
    EXPECT_TRUE(stream.Verify(std::span(bytes).subspan(cut)));
    EXPECT_EQ(stream.received(), 3u);
  }
}

TEST(MessageStreamTest, RefusesAnyChangedByte) {
  const auto filler = MakeFiller(kSize);
  for (size_t changed = 0; changed < 2 * kSize; ++changed) {
    MessageStream stream(7, filler);
    auto bytes = Send(&stream, filler, 2);
    bytes[changed] ^= std::byte{1};
    EXPECT_FALSE(stream.Verify(bytes)) << changed;
  }
}

TEST(MessageStreamTest, RefusesRepeatedDroppedAndSwappedMessages) {
  const auto filler = MakeFiller(kSize);
  MessageStream repeated(1, filler);
  auto bytes = Send(&repeated, filler, 2);
  const std::span first(bytes.data(), kSize);
  EXPECT_TRUE(repeated.Verify(first));
  EXPECT_FALSE(repeated.Verify(first));

  MessageStream dropped(1, filler);
  bytes = Send(&dropped, filler, 2);
  EXPECT_FALSE(dropped.Verify(std::span(bytes).subspan(kSize)));

  MessageStream mine(1, filler);
  MessageStream other(2, filler);
  (void)Send(&mine, filler, 1);
  EXPECT_FALSE(mine.Verify(Send(&other, filler, 1)));
}

TEST(MessageStreamTest, RefusesMoreThanWasSent) {
  const auto filler = MakeFiller(kSize);
  MessageStream stream(1, filler);
  const auto bytes = Send(&stream, filler, 1);
  EXPECT_TRUE(stream.Verify(bytes));
  EXPECT_FALSE(stream.Verify(std::span(bytes).first(1)));
}

}  // namespace
}  // namespace zokio::compare
