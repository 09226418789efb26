// The conformance table: every operation in every condition, on every backend.
//
// A cell is a function of the *_cells.cc; a cell that makes no sense is listed with its reason in
// testdata/not_applicable.txt. When all have run, docs/BACKENDS.md must show what came of it; the
// test writes it anew where ZOKIO_UPDATE_BACKENDS names the file.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "io/backend/fault.h"
#include "io/conformance/cells.h"

namespace zokio::io::conformance {
namespace {

constexpr const char* kOperations[] = {"read",
                                       "read_span",
                                       "write",
                                       "accept",
                                       "connect",
                                       "unix_read",
                                       "unix_write",
                                       "unix_accept",
                                       "message_receive",
                                       "message_send",
                                       "udp_receive",
                                       "udp_send",
                                       "file_read",
                                       "file_write",
                                       "file_sync",
                                       "file_read_vector",
                                       "file_write_vector",
                                       "file_allocate",
                                       "file_size",
                                       "file_status",
                                       "file_copy",
                                       "file_chain",
                                       "open",
                                       "status",
                                       "rename",
                                       "unlink",
                                       "make_directory",
                                       "list_directory",
                                       "nothing"};
constexpr const char* kConditions[] = {
    "ok",      "cancel_before", "cancel_in_flight", "cancel_after",   "close_during",
    "timeout", "partial",       "end_of_file",      "out_of_buffers", "queue_full"};
constexpr size_t kCellsThatRun = 229;

// Where the table is run: a backend as it is, or made hostile by fault injection.
struct Ground {
  BackendChoice choice;
  bool faults;
};
constexpr Ground kGrounds[] = {{BackendChoice::kUring, false},
                               {BackendChoice::kEpoll, false},
                               {BackendChoice::kUring, true},
                               {BackendChoice::kEpoll, true}};

std::string NameOf(const Ground& ground) {
  return std::string(testing::ChoiceName(ground.choice)) + (ground.faults ? " with faults" : "");
}

// Between every loop of a cell and its backend.
class FaultsEverywhere {
 public:
  explicit FaultsEverywhere(bool on) {
    if (on) testing::WrapOfEveryLoop() = WithFaults(FaultOptions());
  }
  FaultsEverywhere(const FaultsEverywhere&) = delete;
  FaultsEverywhere& operator=(const FaultsEverywhere&) = delete;
  ~FaultsEverywhere() { testing::WrapOfEveryLoop() = nullptr; }
};

const std::vector<Cell>& AllCells() {
  static const std::vector<Cell> cells = [] {
    std::vector<Cell> all;
    for (auto* part : {&ReadCells, &ReadSpanCells, &WriteCells, &AcceptCells, &ConnectCells,
                       &FileCells, &PathCells, &ChainCells, &DatagramCells, &UnixCells}) {
      for (Cell& cell : part()) all.push_back(std::move(cell));
    }
    return all;
  }();
  return cells;
}

// What came of each cell: "<backend> <operation> <condition>".
std::map<std::string, std::string>& Outcomes() {
  static std::map<std::string, std::string> outcomes;
  return outcomes;
}

class ConformanceTest : public ::testing::TestWithParam<std::tuple<Ground, Cell>> {};

TEST_P(ConformanceTest, Cell) {
  const auto& [ground, cell] = GetParam();
  std::string& outcome = Outcomes()[NameOf(ground) + " " + cell.operation + " " + cell.condition];
  LoopOptions options;
  options.backend = ground.choice;
  if (!BackendPlan::Make(options).ok()) {
    outcome = "denied";
    GTEST_SKIP() << Describe();
  }
  AttachedLoop waits(BackendChoice::kEpoll);
  const int before = CountDescriptors();
  {
    const FaultsEverywhere faults(ground.faults);
    cell.check(ground.choice);
  }
  // A thread that did a blocking call may be the last to let go of the cell's loop.
  TurnUntil([&] { return CountDescriptors() == before; });
  outcome = ::testing::Test::HasFailure() ? "FAILS" : "yes";
}

INSTANTIATE_TEST_SUITE_P(Table, ConformanceTest,
                         ::testing::Combine(::testing::ValuesIn(kGrounds),
                                            ::testing::ValuesIn(AllCells())),
                         [](const auto& info) {
                           const Cell& cell = std::get<1>(info.param);
                           std::string name = NameOf(std::get<0>(info.param)) + "_" +
                                              cell.operation + "_" + cell.condition;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

// The excused cells: "<operation> <condition>", with the reason.
std::map<std::string, std::string> Excused() {
  std::map<std::string, std::string> excused;
  std::ifstream file("io/conformance/testdata/not_applicable.txt");
  ZOKIO_CHECK(file.is_open(), "not_applicable.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t colon = line.find(": ");
    ZOKIO_CHECK(colon != std::string::npos, line.c_str());
    ZOKIO_CHECK(excused.emplace(line.substr(0, colon), line.substr(colon + 2)).second,
                line.c_str());
  }
  return excused;
}

TEST(ConformanceTableTest, EveryCellRunsOrIsExcused) {
  std::set<std::string> seen;
  for (const Cell& cell : AllCells()) {
    EXPECT_TRUE(seen.insert(cell.operation + " " + cell.condition).second);
  }
  EXPECT_EQ(seen.size(), kCellsThatRun);
  const std::map<std::string, std::string> excused = Excused();
  for (const auto& [name, reason] : excused) {
    EXPECT_EQ(seen.count(name), 0u) << "excused, but it runs: " << name;
  }
  for (const char* operation : kOperations) {
    for (const char* condition : kConditions) {
      const std::string name = std::string(operation) + " " + condition;
      EXPECT_TRUE(seen.count(name) + excused.count(name) == 1) << name;
    }
  }
  EXPECT_EQ(seen.size() + excused.size(), std::size(kOperations) * std::size(kConditions));
}

std::string Matrix() {
  std::ostringstream text;
  const std::map<std::string, std::string> excused = Excused();
  for (const Ground& ground : kGrounds) {
    const std::string backend = NameOf(ground);
    text << "\n## " << backend << "\n\n| operation |";
    for (const char* condition : kConditions) text << " " << condition << " |";
    text << "\n|---|";
    for (size_t i = 0; i < std::size(kConditions); ++i) text << "---|";
    text << "\n";
    for (const char* operation : kOperations) {
      text << "| " << operation << " |";
      for (const char* condition : kConditions) {
        const std::string name = std::string(operation) + " " + condition;
        const auto found = Outcomes().find(backend + " " + name);
        const bool ran = found != Outcomes().end();
        text << " " << (ran ? found->second : excused.count(name) != 0 ? "n/a" : "?") << " |";
      }
      text << "\n";
    }
  }
  text << "\n## Cells that do not apply\n\n";
  for (const auto& [name, reason] : excused) text << "- " << name << ": " << reason << "\n";
  return text.str();
}

constexpr const char* kMarker =
    "<!-- From here on made by //io/conformance:conformance_test. -->\n";

// With a parameter, so that it runs last: all cells of the table ran before it, unless somebody
// asked for a part of them.
class DocumentTest : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Table, DocumentTest, ::testing::Values("docs/BACKENDS.md"));

TEST_P(DocumentTest, TheCheckedInMatrixIsWhatTheTestsSay) {
  if (Outcomes().size() != AllCells().size() * std::size(kGrounds)) {
    GTEST_SKIP() << "only a part of the table ran";
  }
  for (const auto& [name, outcome] : Outcomes()) {
    if (outcome == "denied") GTEST_SKIP() << "a backend is denied here";
  }
  std::ifstream file(GetParam());
  ASSERT_TRUE(file.is_open());
  std::stringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  const size_t marker = text.find(kMarker);
  ASSERT_NE(marker, std::string::npos);
  const size_t start = marker + std::string(kMarker).size();
  if (const char* path = std::getenv("ZOKIO_UPDATE_BACKENDS")) {
    std::ofstream(path) << text.substr(0, start) << Matrix();
    return;
  }
  EXPECT_EQ(text.substr(start), Matrix())
      << "run with --test_env=ZOKIO_UPDATE_BACKENDS=<the file's path>, unsandboxed";
}

}  // namespace
}  // namespace zokio::io::conformance
