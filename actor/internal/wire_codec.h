// WireCodec: how a message leaves its envelope as bytes and comes out of them again: what a message
// to another process will need beside its receiver's address.
#ifndef ZOKIO_ACTOR_INTERNAL_WIRE_CODEC_H_
#define ZOKIO_ACTOR_INTERNAL_WIRE_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "actor/internal/envelope.h"
#include "actor/wire.h"
#include "base/result.h"

namespace zokio::internal {

struct WireCodec {
  uint64_t schema;
  WireBytes (*encode)(const Envelope& envelope);
  // An envelope without address. The message is what the bytes say, or the error of WireView::Of.
  Result<Envelope*> (*decode)(WireBytes bytes);
};

// Messages that have a codec: wire types, which are copied, and those that own their bytes, which
// are handed over.
template <typename M>
struct WireCodecOf {
  static constexpr const WireCodec* kCodec = nullptr;
};

template <WireType T>
struct WireCodecOf<T> {
  static WireBytes Encode(const Envelope& envelope) {
    WireWriter<T> writer;
    *writer.operator->() = static_cast<const MessageEnvelope<T>&>(envelope).message;
    return WireBytes(std::move(writer).Finish().bytes());
  }
  static Result<Envelope*> Decode(WireBytes bytes) {
    Result<WireView<T>> view = WireView<T>::Of(bytes.span());
    if (!view.ok()) return view.error();
    return static_cast<Envelope*>(MakeEnvelope<MessageEnvelope<T>>(view->Copy()));
  }
  static constexpr WireCodec kTable{T::kWire.id(), &Encode, &Decode};
  static constexpr const WireCodec* kCodec = &kTable;
};

template <WireType T>
struct WireCodecOf<WireMessage<T>> {
  using M = WireMessage<T>;
  static WireBytes Encode(const Envelope& envelope) {
    return WireBytes(static_cast<const MessageEnvelope<M>&>(envelope).message.bytes());
  }
  static Result<Envelope*> Decode(WireBytes bytes) {
    Result<M> message = M::Of(std::move(bytes));
    if (!message.ok()) return message.error();
    return static_cast<Envelope*>(MakeEnvelope<MessageEnvelope<M>>(*std::move(message)));
  }
  static constexpr WireCodec kTable{T::kWire.id(), &Encode, &Decode};
  static constexpr const WireCodec* kCodec = &kTable;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_WIRE_CODEC_H_
