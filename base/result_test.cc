#include "base/result.h"

#include <cerrno>
#include <memory>
#include <string>
#include <type_traits>

#include "gtest/gtest.h"

namespace zokio {
namespace {

static_assert(sizeof(Error) == 16);
static_assert(std::is_trivially_copyable_v<Error>);

// A failure never turns into a value on its way through a function that returns Result<bool>.
static_assert(!std::is_constructible_v<Result<bool>, Result<int>>);
static_assert(!std::is_constructible_v<Result<bool>, const Result<void>&>);
static_assert(std::is_constructible_v<Result<bool>, const Result<bool>&>);
static_assert(std::is_constructible_v<Result<bool>, bool>);
static_assert(std::is_constructible_v<Result<Result<int>>, Result<int>>);

Result<std::unique_ptr<int>> Make(bool ok) {
  if (!ok) return Error(ErrorCode::kNotFound, "make", ENOENT);
  return std::make_unique<int>(3);
}

TEST(ResultTest, HoldsAValueThatMovesOut) {
  Result<std::unique_ptr<int>> result = Make(true);
  ASSERT_TRUE(result.ok());
  std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 3);
}

TEST(ResultTest, HoldsAnError) {
  Result<std::unique_ptr<int>> result = Make(false);
  EXPECT_FALSE(static_cast<bool>(result));
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(result.error().os_error(), ENOENT);
}

TEST(ResultTest, ValueOrGivesTheOtherWhereItFailed) {
  Result<int> failed = Error(ErrorCode::kClosed, "x");
  Result<int> fine = 4;
  EXPECT_EQ(std::move(failed).value_or(9), 9);
  EXPECT_EQ(std::move(fine).value_or(9), 4);
}

TEST(ResultTest, VoidSucceedsByDefault) {
  Result<void> fine;
  Result<void> failed = Error(ErrorCode::kClosed, "x");
  EXPECT_TRUE(fine.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::kClosed);
}

TEST(ResultDeathTest, ReadingTheWrongSideIsCaught) {
  Result<int> failed = Error(ErrorCode::kClosed, "x");
  Result<int> fine = 4;
  Result<void> nothing;
  EXPECT_DEATH((void)failed.value(), "result_test|result.h.*CHECK failed");
  EXPECT_DEATH((void)fine.error(), "CHECK failed");
  EXPECT_DEATH((void)nothing.error(), "CHECK failed");
}

TEST(ErrorTest, EveryErrnoWeNameHasAPortableCode) {
  struct Row {
    int os_error;
    ErrorCode code;
  };
  const Row rows[] = {
      {ECANCELED, ErrorCode::kCancelled},
      {ETIMEDOUT, ErrorCode::kDeadlineExceeded},
      {EBADF, ErrorCode::kClosed},
      {ECONNRESET, ErrorCode::kConnectionReset},
      {EPIPE, ErrorCode::kConnectionReset},
      {ECONNREFUSED, ErrorCode::kConnectionRefused},
      {EHOSTUNREACH, ErrorCode::kUnreachable},
      {EADDRINUSE, ErrorCode::kAddressInUse},
      {EADDRNOTAVAIL, ErrorCode::kAddressUnavailable},
      {ENOENT, ErrorCode::kNotFound},
      {EEXIST, ErrorCode::kAlreadyExists},
      {EACCES, ErrorCode::kPermissionDenied},
      {EPERM, ErrorCode::kPermissionDenied},
      {EINVAL, ErrorCode::kInvalidArgument},
      {EMSGSIZE, ErrorCode::kOutOfRange},
      {EAGAIN, ErrorCode::kWouldBlock},
      {EINTR, ErrorCode::kInterrupted},
      {EMFILE, ErrorCode::kTooManyFiles},
      {ENFILE, ErrorCode::kTooManyFiles},
      {ENOMEM, ErrorCode::kOutOfMemory},
      {ENOSPC, ErrorCode::kOutOfSpace},
      {ENOSYS, ErrorCode::kUnsupported},
      {ENOTTY, ErrorCode::kUnknown},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Error::FromErrno(row.os_error, "t").code(), row.code) << row.os_error;
  }
}

TEST(ErrorTest, SaysWhatFailedAndWhy) {
  EXPECT_EQ(Error::FromErrno(ECONNRESET, "read").ToString(),
            "read: connection reset (errno 104: Connection reset by peer)");
  EXPECT_EQ(Error(ErrorCode::kCancelled, "join").ToString(), "join: cancelled");
  EXPECT_EQ(Error().ToString(), "unknown error");
}

TEST(ErrorTest, EveryCodeHasItsOwnName) {
  std::string all;
  for (int i = 1; i <= static_cast<int>(ErrorCode::kShutdown); ++i) {
    std::string name(ErrorCodeName(static_cast<ErrorCode>(i)));
    EXPECT_NE(name, "unknown error") << i;
    EXPECT_EQ(all.find("|" + name + "|"), std::string::npos) << name;
    all += "|" + name + "|";
  }
}

}  // namespace
}  // namespace zokio
