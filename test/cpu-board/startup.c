/* Starts a program on a bare Cortex-M7: turns the floating-point unit on, then runs main and ends the emulation with its status. */
#include <stdint.h>
#include <stdlib.h>

extern uint32_t stack_top;
extern void initialise_monitor_handles(void);
extern int main(void);

static void reset(void) {
  *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;
  __asm__ volatile("dsb\n\tisb");
  initialise_monitor_handles();
  exit(main());
}

static void fault(void) {
  _Exit(99);
}

__attribute__((section(".vectors"), used)) static const struct {
  uint32_t *stack;
  void (*handlers[15])(void);
} vectors = {&stack_top, {reset, fault, fault, fault, fault, fault}};

/* What the C library asks of a program that it starts by itself. */
void _init(void);
void _init(void) {}
void _fini(void);
void _fini(void) {}
