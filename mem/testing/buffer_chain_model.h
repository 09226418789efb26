// A BufferChain beside the string that it must equal: for the randomised test and the fuzzer.
#ifndef ZOKIO_MEM_TESTING_BUFFER_CHAIN_MODEL_H_
#define ZOKIO_MEM_TESTING_BUFFER_CHAIN_MODEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/random.h"
#include "mem/buffer_chain.h"

namespace zokio::testing_internal {

class ChainModel {
 public:
  // One operation on two chains, chosen by numbers that `next()` gives. False where a chain no
  // longer equals its string.
  template <typename Next>
  bool Step(Next&& next) {
    Pair& one = pairs_[next() % 2];
    Pair& other = pairs_[next() % 2];
    const size_t size = one.chain.size();
    const size_t at = next() % (size + 1);
    const size_t count = next() % (size - at + 1);
    switch (next() % 11) {
      case 0: {
        const std::string bytes = Bytes(next() % 40);
        if (!one.chain.Append(bytes)) return false;
        one.text += bytes;
        break;
      }
      case 1: {
        const std::string bytes = Bytes(next() % 5000);
        one.chain.Append(Buffer::Copy(bytes));
        one.text += bytes;
        break;
      }
      case 2: {
        const std::string bytes = Bytes(next() % 100);
        one.chain.Prepend(Buffer::Copy(bytes));
        one.text = bytes + one.text;
        break;
      }
      case 3:
        one.chain.Consume(at);
        one.text.erase(0, at);
        break;
      case 4:
        if (&one == &other) break;
        other.chain = one.chain.Split(at);
        other.text = one.text.substr(0, at);
        one.text.erase(0, at);
        break;
      case 5:
        other.chain = one.chain.Slice(at, count);
        other.text = std::string(one.text, at, count);
        break;
      case 6:
        if (size > 20'000) break;
        one.chain.Append(other.chain);
        one.text += std::string(other.text);
        break;
      case 7:
        if (&one == &other) break;
        one.chain.Append(std::move(other.chain));
        one.text += std::exchange(other.text, "");
        break;
      case 8:
        if (one.chain.Coalesce().view() != one.text) return false;
        break;
      case 9:
        other.chain = one.chain;
        other.text = std::string(one.text);
        break;
      default: {
        std::string part(count, '\0');
        one.chain.CopyTo(at, {reinterpret_cast<uint8_t*>(part.data()), count});
        if (part != one.text.substr(at, count)) return false;
      }
    }
    for (Pair& pair : pairs_) {
      if (pair.chain.size() > 40'000) pair = Pair();
      if (!pair.Agrees()) return false;
    }
    return true;
  }

 private:
  struct Pair {
    bool Agrees() const {
      if (chain.size() != text.size() || chain.ToString() != text) return false;
      for (size_t i = 0; i < chain.buffer_count(); ++i) {
        if (chain.buffer(i).empty()) return false;
      }
      return true;
    }
    BufferChain chain;
    std::string text;
  };

  std::string Bytes(size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_.Next());
    return bytes;
  }

  Random random_{1};
  std::array<Pair, 2> pairs_;
};

}  // namespace zokio::testing_internal

#endif  // ZOKIO_MEM_TESTING_BUFFER_CHAIN_MODEL_H_
