// Operations linked to each other, in every condition.
#include "io/chain.h"
#include "io/conformance/file_rig.h"
#include "io/error_subject.h"

namespace zokio::io::conformance {
namespace {

std::string TextOf(const OwnedBytes& bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Each link sees what the one before it did.
struct ChainOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) {
    return Chain(rig.file.WriteAt(2, std::string("abc")), rig.file.SyncData(),
                 rig.file.ReadAt(0, 10), rig.file.Truncate(4));
  }
  template <typename R>
  static void Check(FileRig& rig, R& result) {
    EXPECT_EQ(TextOf(std::get<2>(*result)), "01abc56789");
    EXPECT_EQ(rig.Contents("data"), "01ab");
  }
};

// A link that does less than it was asked for is finished before the next one begins.
void ChainPartial(BackendChoice choice) {
  FileRig rig(choice);
  const auto result = Await(Chain(rig.file.ReadAt(7, 100), rig.file.WriteAt(0, std::string("xy")),
                                  rig.file.ReadAt(8, 100), rig.file.ReadAt(0, 3)));
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  EXPECT_EQ(TextOf(std::get<0>(*result)), "789");
  EXPECT_EQ(TextOf(std::get<2>(*result)), "89");
  EXPECT_EQ(TextOf(std::get<3>(*result)), "xy2");
}

// The first failure ends the chain: what follows has not begun.
void ChainEndOfFile(BackendChoice choice) {
  FileRig rig(choice);
  Result<File> full = Await(File::Open("/dev/full", OpenOptions::Update()));
  ASSERT_TRUE(full.ok());
  const auto result =
      Await(Chain(rig.file.WriteAt(0, std::string("A")), full->WriteAt(0, std::string("text")),
                  rig.file.WriteAt(1, std::string("B")), rig.file.Truncate(0)));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kOutOfSpace);
  const ErrorSubject subject = SubjectOf(result.error()).value_or(ErrorSubject());
  EXPECT_EQ(subject.operation, "write file");
  rig.Settle();
  EXPECT_EQ(rig.Contents("data"), "A123456789");
}

void ChainOutOfBuffers(BackendChoice choice) {
  LoopOptions options;
  options.buffers_max = 1;
  FileRig rig(choice, options);
  std::vector<Lease> taken;
  while (BufferBlock* block = rig.loop->pool().Take()) taken.emplace_back(block);
  const auto result = Await(Chain(rig.file.WriteAt(0, std::string("xy")), rig.file.ReadAt(0, 3)));
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  EXPECT_EQ(TextOf(std::get<1>(*result)), "xy2");
}

}  // namespace

std::vector<Cell> ChainCells() {
  std::vector<Cell> cells = {
      {"file_chain", "partial", &ChainPartial},
      {"file_chain", "end_of_file", &ChainEndOfFile},
      {"file_chain", "out_of_buffers", &ChainOutOfBuffers},
  };
  AddFileRows<ChainOp>(cells, "file_chain");
  return cells;
}

}  // namespace zokio::io::conformance
