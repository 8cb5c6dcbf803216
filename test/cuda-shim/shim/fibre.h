/*
 * Fibres: stacks that one thread of the host changes between. The address sanitiser is told of each change; for the thread
 * sanitiser every thread of a block is a thread of its own, whichever stack it runs on.
 */
#pragma once
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace cuda_shim {

/* Where threads of blocks stand is no business of theirs. */
#if defined(__SANITIZE_THREAD__)
#define CUDA_SHIM_OWN __attribute__((noinline, no_sanitize_thread)) inline
#else
#define CUDA_SHIM_OWN inline
#endif

struct Fibre {
#if defined(__x86_64__)
  void *top = nullptr;
#else
  ucontext_t context;
#endif
  const void *stack = nullptr;
  size_t size = 0;
  void *fake = nullptr;
  Fibre *next = nullptr;
  /* For one thread of blocks alone. */
  bool own = false;
};

#if defined(__x86_64__)
asm(R"(
.text
.p2align 4
.type cuda_shim_switch, @function
cuda_shim_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size cuda_shim_switch, .-cuda_shim_switch
)");
extern "C" void cuda_shim_switch(void **save, void *load);
#endif

CUDA_SHIM_OWN void arrived([[maybe_unused]] Fibre &self) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(self.fake, nullptr, nullptr);
#endif
}

/* Comes back when something changes to `from`. */
CUDA_SHIM_OWN void change(Fibre &from, Fibre &to) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&from.fake, to.stack, to.size);
#endif
#if defined(__x86_64__)
  cuda_shim_switch(&from.top, to.top);
#else
  swapcontext(&from.context, &to.context);
#endif
  arrived(from);
}

/* A fibre that begins with `run`, which never returns. Below its stack lies a page that nobody may touch. */
CUDA_SHIM_OWN Fibre *newFibre(void (*run)()) {
  const size_t guard = 4096, size = 256 << 10;
  char *memory = static_cast<char *>(
      mmap(nullptr, guard + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (memory == MAP_FAILED || mprotect(memory, guard, PROT_NONE) != 0) {
    fputs("cuda shim: no memory for a fibre\n", stderr);
    _Exit(86);
  }
  Fibre *fibre = new Fibre;
  fibre->stack = memory + guard;
  fibre->size = size;
#if defined(__x86_64__)
  void **top = reinterpret_cast<void **>(memory + guard + size) - 2;
  *top = reinterpret_cast<void *>(run);
  fibre->top = top - 6;
#else
  getcontext(&fibre->context);
  fibre->context.uc_stack.ss_sp = memory + guard;
  fibre->context.uc_stack.ss_size = size;
  makecontext(&fibre->context, run, 0);
#endif
  return fibre;
}

/* The stack of the thread that is no fibre. */
CUDA_SHIM_OWN void findStack(Fibre &main) {
  pthread_attr_t attributes;
  void *stack = nullptr;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &stack, &main.size);
  pthread_attr_destroy(&attributes);
  main.stack = stack;
}

}  // namespace cuda_shim
