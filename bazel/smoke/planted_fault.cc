// A program with one fault of each kind, chosen by its argument. The sanitizers' own tests run it:
// a variant which does not stop here would not stop anywhere.

#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>

namespace {

int UseAfterFree() {
  auto owner = std::make_unique<int>(1);
  int* stale = owner.get();
  owner.reset();
  return *stale;
}

int Leak() {
  static int* volatile last = nullptr;
  last = new int(1);
  const int made = *last;
  last = nullptr;
  return made;
}

int Overflow() {
  volatile int big = INT_MAX;
  return big + 1;
}

int Race() {
  int shared = 0;
  std::thread writer([&shared] { shared = 1; });
  const int seen = shared;
  writer.join();
  return seen;
}

}  // namespace

int main(int argc, char** argv) {
  const char* fault = argc > 1 ? argv[1] : "";
  int result = 0;
  if (std::strcmp(fault, "use-after-free") == 0) result = UseAfterFree();
  if (std::strcmp(fault, "leak") == 0) result = Leak();
  if (std::strcmp(fault, "overflow") == 0) result = Overflow();
  if (std::strcmp(fault, "race") == 0) result = Race();
  std::printf("fault '%s' went unnoticed, result %d\n", fault, result);
  return 0;
}
