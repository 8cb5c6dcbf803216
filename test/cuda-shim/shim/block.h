/*
 * Blocks of threads, one after the other, their threads one after the other on as few fibres as do: a thread that meets
 * nothing to wait for leaves its fibre to the next, so kernels without barriers run as plain loops.
 *
 * A thread that waits changes to one that can go on. What all threads of a block or some lanes of a warp do together is
 * checked: whoever leaves while others wait, waits elsewhere than they do, or is waited for in vain ends the program with code 86.
 */
#pragma once
#include "ranks.h"
#include "settings.h"

namespace cuda_shim {

CUDA_SHIM_OWN void becomeBlock(unsigned rank) {
  const unsigned long long n = block.number * block.ranks + rank;
  const unsigned perLayer = gridDim.x * gridDim.y;
  blockIdx = {static_cast<unsigned>(n % gridDim.x), static_cast<unsigned>(n / gridDim.x % gridDim.y),
              static_cast<unsigned>(n / perLayer)};
}

/*
 * Blocks of a cluster have the same addresses. For the sanitiser of races one thus goes on behind what the others did so far; what threads of a
 * block do one after the other, with none of another block between them, is still told apart.
 */
CUDA_SHIM_OWN void markRanks([[maybe_unused]] bool before) {
#if defined(__SANITIZE_THREAD__)
  static char between[Block::mostRanks];
  for (unsigned rank = 0; rank < block.ranks && block.ranks > 1 && block.now; rank++)
    if ((rank == ownRank()) == before) mark(&between[rank], before);
#endif
}

CUDA_SHIM_OWN void become(Thread &t) {
  markRanks(true);
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(contexts[numberOf(t)], 1);
#endif
  block.now = &t;
  threadIdx = t.index;
  if (block.ranks > 1) becomeBlock(rankOf(t)), show(rankOf(t));
  markRanks(false);
}

CUDA_SHIM_OWN void wake(Thread &t) {
  t.state = Thread::ready;
  Rank &own = block.rank[rankOf(t)];
  own.ready[own.last++ % 2048] = static_cast<unsigned short>(numberOf(t));
}

CUDA_SHIM_OWN unsigned drawn(unsigned below) {
  unsigned &r = block.random;
  r ^= r << 13, r ^= r >> 17, r ^= r << 5;
  return r % below;
}

/* Of the block whose memory is there, if it has any. */
CUDA_SHIM_OWN Rank *withReady() {
  for (unsigned i = 0; i < block.ranks; i++) {
    Rank &rank = block.rank[(ranks.shown + i) % block.ranks];
    if (rank.first != rank.last) return &rank;
  }
  return nullptr;
}

/* The next that can go on, in the order that is set: threads run in any order between barriers, and results may not tell which. */
CUDA_SHIM_OWN Thread *takeReady() {
  Rank *const from = withReady();
  if (!from) return nullptr;
  const unsigned many = from->last - from->first;
  const unsigned at = settings.order == Order::forward ? 0 : settings.order == Order::backward ? many - 1 : drawn(many);
  unsigned short &chosen = from->ready[(from->first + at) % 2048], &head = from->ready[from->first % 2048];
  const unsigned short number = chosen;
  chosen = head;
  from->first++;
  return &block.threads[number];
}

CUDA_SHIM_OWN Thread *takeFresh() {
  if (block.begun == block.count) return nullptr;
  const unsigned k = block.begun++;
  return &block.threads[settings.order == Order::forward ? k : block.count - 1 - k];
}

CUDA_SHIM_OWN void beginBlock() {
  const unsigned long long n = block.number;
  becomeBlock(0);
  block.begun = block.left = 0;
  block.meeting = {};
  for (Rank &rank : block.rank) rank.meeting = {}, rank.left = rank.first = rank.last = 0;
  mark(&betweenBlocks[n & 1], false);
  spoilShared(block.dynamic);
  beginRanks();
  if (beside.begin) beside.begin();
  mark(&betweenBlocks[n & 1], true);
}

CUDA_SHIM_OWN void endBlock() {
  if (beside.end) beside.end();
}

[[noreturn]] __attribute__((no_sanitize_thread)) inline void live();

CUDA_SHIM_OWN Fibre *idleFibre() {
  Fibre *fibre = block.idle;
  if (!fibre) return newFibre([] { live(); });
  block.idle = fibre->next;
  return fibre;
}

CUDA_SHIM_OWN void rest(Fibre &fibre) {
  if (fibre.own) return;
  fibre.next = block.idle;
  block.idle = &fibre;
}

/* The one that shall run a thread. For the thread sanitiser each has its own: what two had on one stack would be a place they share. */
CUDA_SHIM_OWN Fibre *fibreOf([[maybe_unused]] Thread &t, Fibre *self) {
#if defined(__SANITIZE_THREAD__)
  Fibre *&own = ownFibres[numberOf(t)];
  if (!own) own = newFibre([] { live(); }), own->own = true;
  return own;
#endif
  return self;
}

/* What blocks wait for, in vain: nobody is left to go on. */
[[noreturn]] CUDA_SHIM_OWN void stuck() {
  const Thread *one = nullptr, *other = nullptr;
  for (unsigned i = 0; i < block.count; i++) {
    const Thread &t = block.threads[i];
    if (t.state == Thread::waiting && !one) one = &t;
    else if (one && !other && (t.state == Thread::left || !sameSite(t.site, one->site))) other = &t;
  }
  wrong("threads wait for each other for ever", one, other, beside.told);
}

/* When no thread can. */
CUDA_SHIM_OWN void goOn() {
  if (!beside.late || !beside.late()) stuck();
}

/* Lets others run until this thread is woken. */
CUDA_SHIM_OWN void wait() {
  Thread &self = *block.now;
  Fibre *fibre = block.fibre;
  self.fibre = fibre;
  self.state = Thread::waiting;
  while (!withReady() && block.begun == block.count) goOn();
  Thread *const next = takeReady();
  block.fibre = next ? next->fibre : idleFibre();
  if (block.fibre != fibre) change(*fibre, *block.fibre);
  block.fibre = fibre;
  become(self);
  self.state = Thread::running;
}

CUDA_SHIM_OWN void leave(Thread &t) {
  t.state = Thread::left;
  block.left++;
  block.rank[rankOf(t)].left++;
  const Meeting *const meetings[] = {&block.rank[rankOf(t)].meeting, &block.meeting};
  for (const Meeting *m : meetings)
    for (unsigned i = 0; m->waiting > 0 && i < block.count; i++)
      if (block.threads[i].state == Thread::waiting && sameSite(block.threads[i].site, m->site))
        wrong("a thread left that others wait for", &t, &block.threads[i]);
  mark(&betweenBlocks[~block.number & 1], true);
}

/* What a fibre does: threads to their end, then whatever can go on elsewhere. */
[[noreturn]] __attribute__((no_sanitize_thread)) inline void live() {
  arrived(*block.fibre);
  for (;;) {
    Fibre *self = block.fibre;
    if (withReady() && !block.chosen) {
      Thread *next = takeReady();
      rest(*self);
      block.fibre = next->fibre;
      change(*self, *block.fibre);
    } else if (Thread *t = block.chosen ? block.chosen : takeFresh()) {
      Fibre *const fibre = fibreOf(*t, self);
      block.chosen = fibre == self ? nullptr : t;
      if (block.chosen) {
        rest(*self);
        block.fibre = fibre;
        change(*self, *fibre);
        continue;
      }
      t->state = Thread::running;
      become(*t);
      mark(&betweenBlocks[block.number & 1], false);
      block.call(block.argument);
      leave(*block.now);
    } else if (block.left < block.count) {
      goOn();
    } else if (endBlock(), ++block.number < block.blocks) {
      beginBlock();
    } else {
      rest(*self);
      change(*self, block.main);
    }
  }
}

/* All blocks of a grid, one after the other or in clusters of as many; `call` is given `argument` for every thread. */
CUDA_SHIM_OWN void runGrid(dim3 grid, dim3 shape, size_t dynamic, void (*call)(void *), void *argument, unsigned ranksOfCluster) {
  gridDim = grid, blockDim = shape;
  block.perRank = shape.x * shape.y * shape.z;
  block.ranks = ranksOfCluster, block.count = ranksOfCluster * block.perRank;
  block.blocks = 1ull * grid.x * grid.y * grid.z / ranksOfCluster;
  block.number = 0, block.dynamic = dynamic;
  block.call = call, block.argument = argument;
  block.random = 2463534242u;
  for (unsigned i = 0; i < block.count; i++) {
    Thread &t = block.threads[i];
    const unsigned n = i % block.perRank;
    t.index = {n % shape.x, n / shape.x % shape.y, n / (shape.x * shape.y)};
    t.state = Thread::fresh;
    t.copies = nullptr;
  }
  for (Together &t : block.together) t.mask = 0;
#if defined(__SANITIZE_THREAD__)
  void *const outside = __tsan_get_current_fiber();
  // All from here: what is made by another thread would come after what that one did.
  for (unsigned i = 0; i < block.count; i++)
    if (!contexts[i]) contexts[i] = __tsan_create_fiber(0);
#endif
  if (!block.main.stack) findStack(block.main);
  mark(&betweenBlocks[0], true);
  beginBlock();
  block.fibre = idleFibre();
  change(block.main, *block.fibre);
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(outside, 0);
#endif
  mark(&betweenBlocks[0], false);
  mark(&betweenBlocks[1], false);
}

}  // namespace cuda_shim
