// The program's operators new and delete, in a mode that its environment chooses at start.
//
// A program that links //mem:replace_new_delete_modes in place of //mem:replace_new_delete obeys
//
//   ZOKIO_MEM=tiered         as without it: the tiered allocator
//   ZOKIO_MEM=hardened       HardenedHeap: double free, wrong size, overrun, write after free
//   ZOKIO_MEM=guarded        the same with guard pages: reads too, where they happen; slow
//   ZOKIO_MEM=profile        HeapProfile: a sample every 512 KiB, for NewDeleteProfile()->Dump()
//   ZOKIO_MEM=profile:FILE   the same, and what lives at exit is written to FILE, for pprof
//   ZOKIO_MEM=leaks          every block, and at exit what lives is reported on standard error
//
// Ownership: the mode is chosen at the first allocation and stays until the end; nothing of it is
//   destroyed.
// Thread-safety: any thread. A child of fork goes on in the same mode.
// Errors: a value that is none of these fails a CHECK that names it. In a set-user-ID program the
//   variable is not looked at.
// Cost: a load and a branch above the tiers; a program that wants neither links the other target.
#ifndef ZOKIO_MEM_REPLACE_NEW_DELETE_MODES_H_
#define ZOKIO_MEM_REPLACE_NEW_DELETE_MODES_H_

#include "mem/hardened.h"
#include "mem/heap_profile.h"

namespace zokio {

// nullptr in the other modes.
HardenedHeap* NewDeleteHardened();
HeapProfile* NewDeleteProfile();

}  // namespace zokio

#endif  // ZOKIO_MEM_REPLACE_NEW_DELETE_MODES_H_
