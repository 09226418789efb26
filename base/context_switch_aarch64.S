// The switch for AArch64, AAPCS64 calling convention.
//
//   void* zokio_context_switch(void** save_stack_pointer /* x0 */, void* stack_pointer /* x1 */)
//
// Saved: x19 to x28, x29 (frame), x30 (link), d8 to d15 (the low halves of v8 to v15), fpcr.

#if defined(__aarch64__)

#if defined(__APPLE__)
#define SYMBOL(name) _##name
#else
#define SYMBOL(name) name
#endif

.text
.globl SYMBOL(zokio_context_switch)
#if defined(__ELF__)
.type zokio_context_switch, %function
#endif
.p2align 4
SYMBOL(zokio_context_switch):
  .cfi_startproc
  hint #34  // bti c
  sub sp, sp, #176
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mrs x9, fpcr
  str x9, [sp, #160]
  mov x10, sp
  str x10, [x0]
  mov sp, x1
  ldr x9, [sp, #160]
  msr fpcr, x9
  ldp d14, d15, [sp, #144]
  ldp d12, d13, [sp, #128]
  ldp d10, d11, [sp, #112]
  ldp d8, d9, [sp, #96]
  ldp x29, x30, [sp, #80]
  ldp x27, x28, [sp, #64]
  ldp x25, x26, [sp, #48]
  ldp x23, x24, [sp, #32]
  ldp x21, x22, [sp, #16]
  ldp x19, x20, [sp, #0]
  add sp, sp, #176
  ret
  .cfi_endproc
#if defined(__ELF__)
.size zokio_context_switch, . - zokio_context_switch
#endif

// Where a new stack begins: entry function in x19, its argument in x20.
.globl SYMBOL(zokio_context_entry)
#if defined(__ELF__)
.type zokio_context_entry, %function
#endif
.p2align 4
SYMBOL(zokio_context_entry):
  .cfi_startproc
  .cfi_undefined x30
  hint #36  // bti j
  mov x0, x20
  mov x29, xzr
  mov x30, xzr
  blr x19
  brk #1
  .cfi_endproc
#if defined(__ELF__)
.size zokio_context_entry, . - zokio_context_entry
#endif

#endif  // __aarch64__

#if defined(__ELF__)
.section .note.GNU-stack, "", %progbits
#endif
