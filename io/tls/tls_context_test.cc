// Contexts of TLS, and what the kernel could do of it: what needs no connection.
#include "io/tls/tls_context.h"

#include <string>

#include "gtest/gtest.h"
#include "io/ktls.h"
#include "io/tls/testing.h"

namespace zokio {
namespace {

using io::testing::TestAuthority;

TEST(TlsContextTest, SaysWhichFilesAreNoGood) {
  TlsServerOptions server;
  EXPECT_EQ(TlsContext::Server(server).error().code(), ErrorCode::kInvalidArgument);
  server.certificates.emplace_back("/nonexistent.pem", "/nonexistent.key");
  EXPECT_EQ(TlsContext::Server(server).error().code(), ErrorCode::kNotFound);
  TestAuthority authority("other");
  const TlsCertificate one = authority.Sign("one", "DNS:one.test");
  const TlsCertificate two = authority.Sign("two", "DNS:two.test");
  server.certificates.clear();
  server.certificates.emplace_back(one.chain_file, two.key_file);
  EXPECT_EQ(TlsContext::Server(server).error().code(), ErrorCode::kInvalidArgument);
  TlsClientOptions client;
  client.ca_file = one.key_file;  // no certificate
  EXPECT_FALSE(TlsContext::Client(client).ok());
  client.ca_file.clear();
  client.alpn = {""};
  EXPECT_FALSE(TlsContext::Client(client).ok());
}

TEST(KtlsTest, SaysWhyRecordsAreEncryptedInUserSpace) {
  const io::KtlsReport report = io::ProbeKtls();
  EXPECT_FALSE(report.reason.empty());
  EXPECT_EQ(report.in_kernel, report.reason.find("kernel has no TLS") == std::string::npos);
}

}  // namespace
}  // namespace zokio
