// A planted throw; see BUILD.

namespace zokio::planted {

void Throws() { throw 1; }

}  // namespace zokio::planted
