// A planted warning; see BUILD.

namespace zokio::planted {

int Warns() {
  int unused = 1;
  return 0;
}

}  // namespace zokio::planted
