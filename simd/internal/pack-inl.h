// One class of packs; included by simd/pack.h for each width, with the macros ZOKIO_PACK (its
// name), ZOKIO_PACK_BYTES and ZOKIO_PACK_ATTRIBUTES (the instruction set) set. No include guard.

namespace zokio::simd {

template <class T>
class ZOKIO_PACK {
 public:
  using Scalar = T;
  static constexpr size_t kLanes = ZOKIO_PACK_BYTES / sizeof(T);

  // What comparisons return: all bits of a lane set or clear.
  struct Mask {
    // Lanes as wide as T's, signed, whatever T is.
    using Lane =
        std::conditional_t<sizeof(T) == 1, signed char,
                           std::conditional_t<sizeof(T) == 2, short,
                                              std::conditional_t<sizeof(T) == 4, int, long long>>>;
    ZOKIO_PACK_ATTRIBUTES inline Mask(const Mask& other) : bits(other.bits) {}
    ZOKIO_PACK_ATTRIBUTES inline Mask& operator=(const Mask& other) {
      bits = other.bits;
      return *this;
    }
    friend ZOKIO_PACK_ATTRIBUTES inline Mask operator&(const Mask& a, const Mask& b) {
      Mask r;
      r.bits = a.bits & b.bits;
      return r;
    }
    friend ZOKIO_PACK_ATTRIBUTES inline Mask operator|(const Mask& a, const Mask& b) {
      Mask r;
      r.bits = a.bits | b.bits;
      return r;
    }
    friend ZOKIO_PACK_ATTRIBUTES inline Mask operator!(const Mask& a) {
      Mask r;
      r.bits = ~a.bits;
      return r;
    }

    // For the operators of the pack only: g++ 12 does not let friends of the outer class in.
    typedef Lane Bits __attribute__((vector_size(ZOKIO_PACK_BYTES)));
    inline Mask() {}
    Bits bits;
  };

  inline ZOKIO_PACK() {}  // indeterminate, as a plain value is
  ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK(const ZOKIO_PACK& other) : v_(other.v_) {}
  ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK& operator=(const ZOKIO_PACK& other) {
    v_ = other.v_;
    return *this;
  }
  // The same value in all lanes; implicit, so that x + 1 is written for packs as for values.
  template <class S>
    requires std::is_arithmetic_v<S>
  ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK(S value)  // NOLINT(google-explicit-constructor)
      : v_(Vector{} + static_cast<T>(value)) {}

  ZOKIO_PACK_ATTRIBUTES static inline ZOKIO_PACK Load(const T* from) {
    ZOKIO_PACK r;
    std::memcpy(&r.v_, from, sizeof(r.v_));
    return r;
  }
  ZOKIO_PACK_ATTRIBUTES inline void Store(T* to) const { std::memcpy(to, &v_, sizeof(v_)); }

#define ZOKIO_PACK_BINARY(op)                                                       \
  friend ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK operator op(const ZOKIO_PACK& a,   \
                                                             const ZOKIO_PACK& b) { \
    ZOKIO_PACK r;                                                                   \
    r.v_ = a.v_ op b.v_;                                                            \
    return r;                                                                       \
  }
  ZOKIO_PACK_BINARY(+)
  ZOKIO_PACK_BINARY(-)
  ZOKIO_PACK_BINARY(*)
  ZOKIO_PACK_BINARY(/)
  ZOKIO_PACK_BINARY(&)
  ZOKIO_PACK_BINARY(|)
  ZOKIO_PACK_BINARY(^)
  ZOKIO_PACK_BINARY(<<)
  ZOKIO_PACK_BINARY(>>)
#undef ZOKIO_PACK_BINARY

#define ZOKIO_PACK_COMPARE(op)                                                                     \
  friend ZOKIO_PACK_ATTRIBUTES inline Mask operator op(const ZOKIO_PACK& a, const ZOKIO_PACK& b) { \
    Mask r;                                                                                        \
    r.bits = a.v_ op b.v_;                                                                         \
    return r;                                                                                      \
  }
  ZOKIO_PACK_COMPARE(==)
  ZOKIO_PACK_COMPARE(!=)
  ZOKIO_PACK_COMPARE(<)
  ZOKIO_PACK_COMPARE(<=)
  ZOKIO_PACK_COMPARE(>)
  ZOKIO_PACK_COMPARE(>=)
#undef ZOKIO_PACK_COMPARE

  friend ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK operator-(const ZOKIO_PACK& a) {
    ZOKIO_PACK r;
    r.v_ = -a.v_;
    return r;
  }
  friend ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK operator~(const ZOKIO_PACK& a) {
    ZOKIO_PACK r;
    r.v_ = ~a.v_;
    return r;
  }
  friend ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK Select(const Mask& mask, const ZOKIO_PACK& a,
                                                        const ZOKIO_PACK& b) {
    ZOKIO_PACK r;
    r.v_ = mask.bits ? a.v_ : b.v_;
    return r;
  }
  friend ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK Min(const ZOKIO_PACK& a, const ZOKIO_PACK& b) {
    ZOKIO_PACK r;
    r.v_ = b.v_ < a.v_ ? b.v_ : a.v_;
    return r;
  }
  friend ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK Max(const ZOKIO_PACK& a, const ZOKIO_PACK& b) {
    ZOKIO_PACK r;
    r.v_ = a.v_ < b.v_ ? b.v_ : a.v_;
    return r;
  }
  friend ZOKIO_PACK_ATTRIBUTES inline ZOKIO_PACK Abs(const ZOKIO_PACK& a) {
    ZOKIO_PACK r;
    r.v_ = a.v_ < Vector{} ? -a.v_ : a.v_;
    return r;
  }

 private:
  typedef T Vector __attribute__((vector_size(ZOKIO_PACK_BYTES)));
  Vector v_;
};

}  // namespace zokio::simd
