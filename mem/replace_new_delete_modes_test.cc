// A program that runs itself in each mode: what it does wrong is found, what it does right passes.

#include "mem/replace_new_delete_modes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/atomic.h"
#include "base/thread.h"
#include "mem/quota.h"

namespace zokio {
namespace {

// Known before the first operator new, whichever this binary's other initialisers call.
[[gnu::init_priority(101)]] MemoryQuota first_of_all("first of all");

// The compiler knows nothing of where it points, nor that it is a block.
template <typename T>
T* Opaque(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

struct alignas(256) Wide {
  char bytes[300];
};

int DoProperThings() {
  std::map<int, std::string> names;
  for (int i = 0; i < 2000; ++i) names[i] = "a name that needs memory " + std::to_string(i);
  for (int i = 0; i < 2000; i += 3) names.erase(i);
  std::vector<std::unique_ptr<Wide>> wide(100);
  for (auto& one : wide) {
    one = std::make_unique<Wide>();
    if (reinterpret_cast<uintptr_t>(Opaque(one.get())) % 256 != 0) return 1;
  }
  auto array = std::make_unique<std::string[]>(10);
  const std::unique_ptr<char> single(new (std::nothrow) char);
  Result<Thread> thread = Thread::Start("elsewhere", [&] { wide.clear(); });
  if (!thread.ok()) return 2;
  thread->Join();
  return names[1].ends_with(" 1") && array[9].empty() ? 0 : 3;
}

int ForkAndGoOn() {
  Result<Thread> busy = Thread::Start("busy", [] {
    for (int i = 0; i < 20'000; ++i) delete Opaque(new std::string(100, 'x'));
  });
  if (!busy.ok()) return 2;
  int failures = 0;
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      for (int j = 0; j < 100; ++j) delete Opaque(new std::string(100, 'y'));
      _exit(0);
    }
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0) ++failures;
  }
  busy->Join();
  return failures;
}

// A fork may come while statistics are collected.
int ForkAmongTotals() {
  alarm(60);
  Atomic<bool> done{false};
  Result<Thread> busy = Thread::Start("busy", [&done] {
    while (!done.load(memory_order_relaxed)) static_cast<void>(MemoryQuota::Totals());
  });
  if (!busy.ok()) return 2;
  int failures = 0;
  for (int i = 0; i < 50; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(MemoryQuota::Totals().size() == 1 ? 0 : 1);
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0) ++failures;
  }
  done.store(true, memory_order_relaxed);
  busy->Join();
  return failures;
}

// As what shows a title in the place of its arguments and environment.
int OverwriteEnvironment() {
  char* value = std::getenv("ZOKIO_MEM");
  std::memset(value, 'x', std::strlen(value));
  return 0;
}

int FillTheDisk() {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};
  return setrlimit(RLIMIT_FSIZE, &limit);
}

int Act(std::string_view act) {
  if (act == "proper") return DoProperThings();
  if (act == "fork") return ForkAndGoOn();
  if (act == "fork_totals") return ForkAmongTotals();
  if (act == "overwrite_environment") return OverwriteEnvironment();
  if (act == "fill_disk") return FillTheDisk();
  char* block = Opaque(static_cast<char*>(::operator new(12'345)));
  if (act == "leak") return 0;
  if (act == "hardened?") return NewDeleteHardened() != nullptr ? 0 : 1;
  if (act == "dump") {
    return NewDeleteProfile()->Dump().starts_with("heap profile: ") ? 0 : 1;
  }
  if (act == "wrong_size") ::operator delete(block, 99);
  if (act == "overrun") block[12'345] = 1;
  char* const stale = Opaque(block);  // compilers see through the name of what was freed
  ::operator delete(block);
  if (act == "double_free") ::operator delete(Opaque(stale));
  if (act == "read_after_free") static_cast<void>(*const_cast<volatile char*>(stale));
  if (act == "write_after_free") stale[5] = 1;  // found when the program ends
  return 0;
}

struct Ran {
  bool well;
  std::string output;
};

Ran RunSelf(std::string_view mode, std::string_view act) {
  char self[4096];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof(self));
  std::ostringstream command;
  command << "ZOKIO_MEM='" << mode << "' " << std::string_view(self, static_cast<size_t>(length))
          << " '--act=" << act << "' 2>&1";
  std::FILE* pipe = popen(command.str().c_str(), "re");  // NOLINT(bugprone-command-processor)
  Ran ran = {.well = false, .output = {}};
  if (pipe == nullptr) return ran;
  char part[4096];
  for (size_t got; (got = std::fread(part, 1, sizeof(part), pipe)) > 0;) {
    ran.output.append(part, got);
  }
  ran.well = pclose(pipe) == 0;
  return ran;
}

TEST(ReplaceNewDeleteModes, ProperProgramsRunInEachMode) {
  for (const char* mode : {"", "tiered", "hardened", "guarded", "profile", "leaks"}) {
    const Ran ran = RunSelf(mode, "proper");
    EXPECT_TRUE(ran.well) << mode << ": " << ran.output;
  }
}

TEST(ReplaceNewDeleteModes, HardenedFindsMisuseOfNewAndDelete) {
  for (const char* mode : {"hardened", "guarded"}) {
    for (const auto& [act, finding] :
         std::map<std::string, std::string>{{"double_free", "a double free: block"},
                                            {"wrong_size", "a free with the wrong size: block"},
                                            {"overrun", "a write behind: block"}}) {
      const Ran ran = RunSelf(mode, act);
      EXPECT_FALSE(ran.well) << mode << act;
      EXPECT_NE(ran.output.find(finding), std::string::npos) << mode << act << ": " << ran.output;
    }
  }
  EXPECT_NE(RunSelf("hardened", "write_after_free").output.find("a write after the free of"),
            std::string::npos);
  EXPECT_FALSE(RunSelf("guarded", "read_after_free").well);
  EXPECT_TRUE(RunSelf("hardened", "read_after_free").well);  // nothing but a fault tells
  EXPECT_TRUE(RunSelf("hardened", "hardened?").well);
  EXPECT_FALSE(RunSelf("", "hardened?").well);
}

TEST(ReplaceNewDeleteModes, LeaksAreReportedAtExit) {
  const Ran leaky = RunSelf("leaks", "leak");
  EXPECT_TRUE(leaky.well);
  EXPECT_NE(leaky.output.find("  1 of 12345 bytes @ 0x"), std::string::npos) << leaky.output;
  const Ran tidy = RunSelf("leaks", "nothing");
  EXPECT_EQ(tidy.output.find("12345"), std::string::npos) << tidy.output;
}

TEST(ReplaceNewDeleteModes, AProfileIsWrittenAtExitOrOnDemand) {
  const std::string file = testing::TempDir() + "/profile";
  std::remove(file.c_str());
  EXPECT_TRUE(RunSelf("profile:" + file, "overwrite_environment").well);
  std::stringstream profile;
  profile << std::ifstream(file).rdbuf();
  EXPECT_TRUE(profile.str().starts_with("heap profile: ")) << profile.str();
  EXPECT_NE(profile.str().find("MAPPED_LIBRARIES:"), std::string::npos);
  EXPECT_TRUE(RunSelf("profile", "dump").well);
  EXPECT_NE(RunSelf("profile:/no/such/folder", "leak").output.find("could not be written"),
            std::string::npos);
  EXPECT_NE(RunSelf("profile:" + file, "fill_disk").output.find("could not be written"),
            std::string::npos);
}

TEST(ReplaceNewDeleteModes, AChildOfForkGoesOn) {
  for (const char* mode : {"hardened", "leaks"}) {
    for (const char* act : {"fork", "fork_totals"}) {
      const Ran ran = RunSelf(mode, act);
      EXPECT_TRUE(ran.well) << mode << " " << act << ": " << ran.output;
    }
  }
}

TEST(ReplaceNewDeleteModes, AnUnknownModeIsRefused) {
  const Ran ran = RunSelf("harden", "proper");
  EXPECT_FALSE(ran.well);
  EXPECT_NE(ran.output.find("ZOKIO_MEM=harden: tiered, hardened"), std::string::npos);
}

}  // namespace

int Main(int argc, char** argv) {
  constexpr std::string_view kAct = "--act=";
  if (argc == 2 && std::string_view(argv[1]).starts_with(kAct)) {
    return Act(std::string_view(argv[1]).substr(kAct.size()));
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace zokio

int main(int argc, char** argv) { return zokio::Main(argc, argv); }
