// Faults that tools/tidy must find, besides those of coroutine_faults.cc. Never called.

#include <string>
#include <vector>

namespace zokio::planted {

struct Base {
  virtual ~Base() = default;
  virtual int Value() const { return 1; }
};

struct Derived : Base {
  // expect: modernize-use-override
  virtual int Value() const { return 2; }
  int more = 0;
};

struct Converts {
  // expect: google-explicit-constructor
  Converts(int value) : value(value) {}
  int value;
};

// expect: cppcoreguidelines-slicing
Base Sliced(const Derived& derived) { return derived; }

size_t Copies(const std::vector<std::string>& names) {
  // expect: performance-unnecessary-copy-initialization
  const std::string name = names.front();
  return name.size();
}

bool Empty(const std::string& text) {
  // expect: readability-container-size-empty
  return text.size() == 0;
}

// expect: modernize-use-nullptr
const char* Nothing() { return 0; }

}  // namespace zokio::planted
