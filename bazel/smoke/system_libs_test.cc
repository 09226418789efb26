// Every system library that //bazel/system_libs names is found, links, and answers one call.

#include <ares.h>
#include <hwloc.h>
#include <liburing.h>
#include <numa.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <cerrno>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "hwy/targets.h"

namespace zokio {
namespace {

TEST(SystemLibsTest, AbseilHashesAndFormats) {
  absl::flat_hash_map<int, std::string> map;
  map[7] = absl::StrCat("seven ", 7);
  EXPECT_THAT(map[7], testing::HasSubstr("7"));
  const absl::StatusOr<int> missing = absl::NotFoundError("none");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
}

TEST(SystemLibsTest, HwlocSeesAProcessor) {
  hwloc_topology_t topology;
  ASSERT_EQ(hwloc_topology_init(&topology), 0);
  ASSERT_EQ(hwloc_topology_load(topology), 0);
  EXPECT_GE(hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU), 1);
  hwloc_topology_destroy(topology);
}

TEST(SystemLibsTest, LiburingMakesARingOrSaysWhyNot) {
  io_uring ring;
  const int made = io_uring_queue_init(4, &ring, 0);
  if (made == 0) {
    io_uring_queue_exit(&ring);
  } else {
    EXPECT_TRUE(made == -EPERM || made == -ENOSYS) << made;
  }
}

TEST(SystemLibsTest, CAresSpeaks) {
  EXPECT_STREQ(ares_strerror(ARES_SUCCESS), "Successful completion");
}

TEST(SystemLibsTest, OpensslMakesAContext) {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_method()),
                                                            &SSL_CTX_free);
  EXPECT_NE(context, nullptr);
  EXPECT_GE(OpenSSL_version_num(), 0x30000000UL);
}

TEST(SystemLibsTest, HighwayKnowsATarget) { EXPECT_NE(hwy::SupportedTargets(), 0); }

TEST(SystemLibsTest, NumaAnswers) { EXPECT_GE(numa_available(), -1); }

TEST(SystemLibsTest, PrometheusCounts) {
  prometheus::Registry registry;
  auto& family = prometheus::BuildCounter().Name("turns").Help("turns").Register(registry);
  family.Add({}).Increment(2);
  ASSERT_EQ(registry.Collect().size(), 1u);
  EXPECT_EQ(registry.Collect()[0].metric[0].counter.value, 2);
}

}  // namespace
}  // namespace zokio
