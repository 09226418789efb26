// AresChannel: a c-ares channel that reads no file but the one for its random numbers.
//
// To make one blocks (c-ares reads /dev/urandom), so it is made by a BlockingRunner.
//
// Ownership: move-only; dropping it drops its questions and closes its sockets.
// Thread-safety: one thread at a time.
// Errors: as c-ares' codes; kShutdown where the runner ended first.
#ifndef ZOKIO_IO_DNS_ARES_CHANNEL_H_
#define ZOKIO_IO_DNS_ARES_CHANNEL_H_

#include <ares.h>

#include <memory>

#include "base/error.h"
#include "base/result.h"
#include "future/oneshot.h"
#include "io/blocking_runner.h"
#include "io/dns/ares_sockets.h"
#include "io/dns/resolver_config.h"

namespace zokio::io {

struct AresChannelDeleter {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using AresChannelPtr = std::unique_ptr<ares_channeldata, AresChannelDeleter>;

// What a status of c-ares means.  REQUIRES: it is none of success.
Error AresError(int status);

// A channel that follows `config` and uses `sockets`, which outlive it, but are not touched before
// its first question. Made on `runner`; in place where that is null.
OneshotReceiver<Result<AresChannelPtr>> OpenAresChannel(
    BlockingRunner* runner, std::shared_ptr<const ResolverConfig> config, AresSockets* sockets);

}  // namespace zokio::io

#endif  // ZOKIO_IO_DNS_ARES_CHANNEL_H_
