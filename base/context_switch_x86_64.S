// The switch for x86-64, System V calling convention.
//
//   void* zokio_context_switch(void** save_stack_pointer /* rdi */, void* stack_pointer /* rsi */)
//
// Saved, from the stack pointer upwards: mxcsr and x87 control word, r12 to r15, rbx, rbp, return
// address. Vector registers are caller-saved here, so nothing else is live.

#if defined(__x86_64__)

#if defined(__APPLE__)
#define SYMBOL(name) _##name
#else
#define SYMBOL(name) name
#endif

.text
.globl SYMBOL(zokio_context_switch)
#if defined(__ELF__)
.type zokio_context_switch, @function
#endif
.p2align 4
SYMBOL(zokio_context_switch):
  .cfi_startproc
#if defined(__CET__)
  endbr64
#endif
  pushq %rbp
  pushq %rbx
  pushq %r15
  pushq %r14
  pushq %r13
  pushq %r12
  subq $8, %rsp
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
  addq $8, %rsp
  popq %r12
  popq %r13
  popq %r14
  popq %r15
  popq %rbx
  popq %rbp
  ret
  .cfi_endproc
#if defined(__ELF__)
.size zokio_context_switch, . - zokio_context_switch
#endif

// Where a new stack begins: the first switch returns to here with the entry function in r12 and
// its argument in r13. Unwinders stop, since the return address is declared unknown.
.globl SYMBOL(zokio_context_entry)
#if defined(__ELF__)
.type zokio_context_entry, @function
#endif
.p2align 4
SYMBOL(zokio_context_entry):
  .cfi_startproc
  .cfi_undefined rip
  movq %r13, %rdi
  xorl %ebp, %ebp
  callq *%r12
  ud2
  .cfi_endproc
#if defined(__ELF__)
.size zokio_context_entry, . - zokio_context_entry
#endif

#endif  // __x86_64__

#if defined(__ELF__)
.section .note.GNU-stack, "", %progbits
#endif
