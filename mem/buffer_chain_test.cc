#include "mem/buffer_chain.h"

#include <gtest/gtest.h>

#include <string>

#include "mem/buffer_cursor.h"
#include "mem/testing/buffer_chain_model.h"

namespace zokio {
namespace {

TEST(BufferChain, AppendsSharesAndSplits) {
  BufferChain chain;
  chain.Append(Buffer::Copy("hello "));
  chain.Append(Buffer::Copy("world"));
  EXPECT_EQ(chain.buffer_count(), 2u);
  BufferChain copy = chain;
  BufferChain head = chain.Split(8);
  EXPECT_EQ(head.ToString(), "hello wo");
  EXPECT_EQ(chain.ToString(), "rld");
  EXPECT_EQ(copy.ToString(), "hello world");
  EXPECT_EQ(head.buffer(0).data(), copy.buffer(0).data());
}

TEST(BufferChain, ManySmallWritesMakeFewBuffers) {
  BufferChain chain;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(chain.Append("0123456789"));
  EXPECT_EQ(chain.size(), 10'000u);
  EXPECT_LE(chain.buffer_count(), 6u);
}

TEST(BufferChain, CopiesDoNotWriteIntoEachOthersRoom) {
  BufferChain chain;
  ASSERT_TRUE(chain.Append("common "));
  BufferChain copy = chain;
  ASSERT_TRUE(chain.Append("one"));
  ASSERT_TRUE(copy.Append("two"));
  EXPECT_EQ(chain.ToString(), "common one");
  EXPECT_EQ(copy.ToString(), "common two");
}

TEST(BufferChain, AppendsItself) {
  BufferChain chain;
  ASSERT_TRUE(chain.Append("ab"));
  chain.Append(chain);
  EXPECT_EQ(chain.ToString(), "abab");
}

TEST(BufferChain, CoalescesOnceAndShowsIovecs) {
  BufferChain chain;
  chain.Append(Buffer::Copy("abc"));
  chain.Append(Buffer::Copy("def"));
  iovec vectors[4];
  ASSERT_EQ(chain.ToIovecs(vectors), 2u);
  EXPECT_EQ(std::string(static_cast<char*>(vectors[1].iov_base), vectors[1].iov_len), "def");
  EXPECT_EQ(chain.ToIovecs({vectors, 1}), 1u);
  const Buffer whole = chain.Coalesce();
  EXPECT_EQ(whole.view(), "abcdef");
  EXPECT_EQ(chain.Coalesce().data(), whole.data());
  EXPECT_TRUE(BufferChain().Coalesce().empty());
}

TEST(BufferChain, AgreesWithAStringUnderRandomOperations) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    testing_internal::ChainModel model;
    for (int step = 0; step < 400; ++step) {
      ASSERT_TRUE(model.Step([&] { return static_cast<uint32_t>(random.Next()); }))
          << "seed " << seed << " step " << step;
    }
  }
}

TEST(BufferCursor, ReadsWhatWasWrittenAcrossBuffers) {
  BufferChain chain;
  BufferWriter writer(chain);
  for (int i = 0; i < 700; ++i) {
    writer.WriteInteger<uint8_t>(static_cast<uint8_t>(i));
    writer.WriteInteger<uint16_t>(static_cast<uint16_t>(i * 3));
    writer.WriteInteger<uint32_t>(static_cast<uint32_t>(i) * 70'001, std::endian::little);
    writer.WriteInteger<uint64_t>(static_cast<uint64_t>(i) << 40);
    writer.WriteString("text");
  }
  ASSERT_TRUE(writer.ok());
  EXPECT_GT(chain.buffer_count(), 1u);
  BufferReader reader(chain);
  for (int i = 0; i < 700; ++i) {
    ASSERT_EQ(reader.ReadInteger<uint8_t>(), static_cast<uint8_t>(i));
    ASSERT_EQ(reader.ReadInteger<uint16_t>(), static_cast<uint16_t>(i * 3));
    ASSERT_EQ(reader.ReadInteger<uint32_t>(std::endian::little), static_cast<uint32_t>(i) * 70'001);
    ASSERT_EQ(reader.ReadInteger<uint64_t>(), static_cast<uint64_t>(i) << 40);
    ASSERT_EQ(reader.ReadString(4), "text");
  }
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_TRUE(reader.ok());
}

TEST(BufferCursor, FailsBeyondTheEndAndStaysFailed) {
  BufferChain chain(Buffer::Copy("abc"));
  BufferReader reader(chain);
  EXPECT_EQ(reader.ReadInteger<uint16_t>(), 0x6162);
  EXPECT_EQ(reader.ReadInteger<uint16_t>(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.ReadString(1), "");
  reader.Skip(1);
  EXPECT_EQ(reader.position(), 2u);
  EXPECT_EQ(reader.ReadChain(1).size(), 0u);
  EXPECT_EQ(reader.left(), 0u);
}

TEST(BufferCursor, IntegersAreInNetworkOrderUnlessAsked) {
  BufferChain chain;
  BufferWriter writer(chain);
  writer.WriteInteger<uint32_t>(0x01020304);
  writer.WriteInteger<uint32_t>(0x01020304, std::endian::little);
  EXPECT_EQ(chain.ToString(), std::string("\1\2\3\4\4\3\2\1", 8));
}

}  // namespace
}  // namespace zokio
