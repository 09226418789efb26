// Opaque: a pointer in a register, of unknown origin.
//
// Keeps the compiler from folding an array's index into each access. Processors forward a store to
// the next load at no cost only where both address by one plain register: with base plus index, a
// magazine's pop and push took 5 ns instead of 2 on a recent Xeon.
#ifndef ZOKIO_MEM_INTERNAL_OPAQUE_H_
#define ZOKIO_MEM_INTERNAL_OPAQUE_H_

namespace zokio::mem_internal {

template <typename T>
inline T* Opaque(T* pointer) {
  asm("" : "+r"(pointer));
  return pointer;
}

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_OPAQUE_H_
