// Messages that are views of their bytes.
#include "actor/wire.h"

#include <gtest/gtest.h>

#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing.h"

namespace zokio {
namespace {

using testing::ManualSystem;

struct Line {
  uint64_t article = 0;
  double price = 0;
};

// The same schema as three programs know it.
struct OrderV1 {
  static constexpr WireSchema kWire{"shop.Order", 1};
  uint32_t customer = 0;
  WireSpan<Line> lines;
};
struct Order {
  static constexpr WireSchema kWire{"shop.Order", 2};
  uint32_t customer = 0;
  WireSpan<Line> lines;
  WireSpan<char> note;
  uint32_t discount = 5;
};
struct OrderV3 {
  static constexpr WireSchema kWire{"shop.Order", 3, 2};
  uint32_t customer = 0;
  WireSpan<Line> lines;
  WireSpan<char> note;
  uint32_t discount = 5;
  uint64_t shop = 77;
};
struct Invoice {
  static constexpr WireSchema kWire{"shop.Invoice", 2};
  uint32_t customer = 0;
};

const std::vector<Line> kLines = {{1, 2.5}, {2, 3.5}, {3, 4.5}};

WireMessage<Order> MakeOrder() {
  WireWriter<Order> writer;
  writer->customer = 7;
  writer->discount = 10;
  writer.Append(&Order::note, std::string_view("ring twice"));
  writer.Append(&Order::lines, std::span<const Line>(kLines));
  return std::move(writer).Finish();
}

template <typename T>
void ExpectOrder(const WireView<T>& view) {
  EXPECT_EQ(view.Get(&T::customer), 7u);
  const std::span<const Line> lines = view.Span(&T::lines);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[2].article, 3u);
  EXPECT_EQ(lines[0].price, 2.5);
}

TEST(WireTest, IsReadInPlace) {
  const WireMessage<Order> order = MakeOrder();
  const WireView<Order> view = order.view();
  ExpectOrder(view);
  EXPECT_EQ(view.Text(&Order::note), "ring twice");
  EXPECT_EQ(view.Get(&Order::discount), 10u);
  ASSERT_NE(view.whole(), nullptr);
  EXPECT_EQ(view.whole()->customer, 7u);
  const auto* begin = reinterpret_cast<const std::byte*>(view.Span(&Order::lines).data());
  EXPECT_GE(begin, order.bytes().data()) << "in the bytes, not a copy";
  EXPECT_LE(begin + 3 * sizeof(Line), order.bytes().data() + order.bytes().size());
}

TEST(WireTest, EqualMessagesAreEqualBytes) {
  const WireMessage<Order> a = MakeOrder();
  const WireMessage<Order> b = MakeOrder();
  ASSERT_EQ(a.bytes().size(), b.bytes().size());
  EXPECT_EQ(std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()), 0);
}

TEST(WireTest, VersionsReadEachOther) {
  const WireMessage<Order> order = MakeOrder();
  auto older = WireView<OrderV1>::Of(order.bytes());
  ASSERT_TRUE(older.ok()) << "an old reader ignores what was appended";
  ExpectOrder(*older);
  EXPECT_EQ(older->version(), 2u);

  auto newer = WireView<OrderV3>::Of(order.bytes());
  ASSERT_TRUE(newer.ok());
  ExpectOrder(*newer);
  EXPECT_FALSE(newer->Has(&OrderV3::shop));
  EXPECT_EQ(newer->Get(&OrderV3::shop), 77u) << "the default";
  EXPECT_EQ(newer->whole(), nullptr);
  EXPECT_EQ(newer->Copy().shop, 77u);
  EXPECT_EQ(newer->Copy().discount, 10u);

  WireWriter<OrderV1> writer;
  writer->customer = 7;
  writer.Append(&OrderV1::lines, std::span<const Line>(kLines));
  const WireMessage<OrderV1> old = std::move(writer).Finish();
  auto now = WireView<Order>::Of(old.bytes());
  ASSERT_TRUE(now.ok());
  ExpectOrder(*now);
  EXPECT_EQ(now->Text(&Order::note), "");
  EXPECT_EQ(now->Get(&Order::discount), 5u);
  EXPECT_EQ(WireView<OrderV3>::Of(old.bytes()).error().code(), ErrorCode::kUnsupported);
}

TEST(WireTest, RefusesWhatItIsNot) {
  const WireMessage<Order> order = MakeOrder();
  EXPECT_EQ(WireView<Invoice>::Of(order.bytes()).error().code(), ErrorCode::kInvalidArgument);
  for (size_t size = 0; size < sizeof(WireHeader) + sizeof(Order); ++size) {
    EXPECT_FALSE(WireView<Order>::Of(order.bytes().first(size)).ok());
  }
  WireBytes shifted(order.bytes().size() + 1);
  std::memcpy(shifted.data() + 1, order.bytes().data(), order.bytes().size());
  EXPECT_FALSE(WireView<Order>::Of(shifted.span().subspan(1)).ok()) << "unaligned";
  WireBytes swapped(order.bytes());
  std::swap(swapped.data()[0], swapped.data()[3]);
  EXPECT_FALSE(WireView<Order>::Of(swapped.span()).ok()) << "another byte order";
}

TEST(WireTest, ASpanThatLeavesTheBytesIsEmpty) {
  for (WireSpan<Line> wrong : {WireSpan<Line>{0, 1}, WireSpan<Line>{64, UINT32_MAX},
                               WireSpan<Line>{UINT32_MAX, 1}, WireSpan<Line>{65, 1}}) {
    WireWriter<Order> writer;
    writer->lines = wrong;
    const WireMessage<Order> order = std::move(writer).Finish();
    EXPECT_TRUE(order.view().Span(&Order::lines).empty());
  }
}

class Shop : public Actor<Shop, WireMessage<Order>, Invoice> {
 public:
  explicit Shop(std::vector<uint64_t>& seen) : seen_(seen) {}
  void On(const WireMessage<Order>& order) {
    for (const Line& line : order.view().Span(&Order::lines)) seen_.push_back(line.article);
  }
  void On(Invoice invoice) { seen_.push_back(100 + invoice.customer); }

 private:
  std::vector<uint64_t>& seen_;
};

// As a connection would: bytes out of one envelope, another envelope out of the bytes.
template <typename M>
void TellByBytes(ActorRef<Shop> shop, M message) {
  const internal::MessageType& type = internal::Delivery<Shop, M>::kType;
  ASSERT_NE(type.wire, nullptr);
  internal::MessageEnvelope<M> sent(std::move(message));
  Result<internal::Envelope*> envelope = type.wire->decode(type.wire->encode(sent));
  ASSERT_TRUE(envelope.ok());
  (*envelope)->type = &type;
  (*envelope)->target = shop.id().cell();
  (*envelope)->generation = shop.id().generation();
  internal::ActorLoop::Send(*envelope);
}

TEST(WireTest, MessagesLeaveAndEnterEnvelopesAsBytes) {
  ManualSystem system;
  std::vector<uint64_t> seen;
  auto shop = system->Spawn<Shop>(seen);
  shop.Tell(MakeOrder());
  TellByBytes(shop, MakeOrder());
  TellByBytes(shop, Invoice{9});
  system.Run();
  EXPECT_EQ(seen, (std::vector<uint64_t>{1, 2, 3, 1, 2, 3, 109}));
  const internal::MessageType& type = internal::Delivery<Shop, Invoice>::kType;
  EXPECT_FALSE(type.wire->decode(WireBytes(MakeOrder().bytes())).ok());
  EXPECT_EQ((internal::WireCodecOf<std::string>::kCodec), nullptr);
}

}  // namespace
}  // namespace zokio
