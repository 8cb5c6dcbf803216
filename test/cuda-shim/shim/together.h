/* Barriers of blocks, and what lanes of a warp do together. */
#pragma once
#include "block.h"

namespace cuda_shim {

/* All of some threads, none of which has left; gives for how many of them `vote` holds. */
CUDA_SHIM_OWN int meet(Meeting &m, Thread *first, unsigned count, Site site, bool vote) {
  Thread &self = *block.now;
  self.site = site;
  if (m.waiting == 0) m.site = site;
  for (Thread *t = first; t < first + count && (block.left > 0 || !sameSite(site, m.site)); t++) {
    if (t->state == Thread::left) wrong("a thread left that others wait for", t, &self);
    if (t->state == Thread::waiting && sameSite(t->site, m.site) && !sameSite(site, m.site))
      wrong("threads wait at different barriers", &self, t);
  }
  m.votes += vote;
  mark(&m, true);
  if (++m.waiting < count) {
    wait();
  } else {
    for (Thread *t = first; t < first + count; t++) {
      t->votes = m.votes;
      if (t != &self) wake(*t);
    }
    m.waiting = 0, m.votes = 0;
  }
  mark(&m, false);
  return self.votes;
}

CUDA_SHIM_OWN int barrier(Site site, bool vote = false) {
  const unsigned rank = ownRank();
  return meet(block.rank[rank].meeting, block.threads + rank * block.perRank, block.perRank, site, vote);
}

using Work = void (*)(void *const *lanes, unsigned mask);

/*
 * The lanes of `mask`, of which each brings `own`: the last that comes does the work for all. Of what lanes do together only
 * __syncwarp puts in order what they did to memory before and do behind it.
 */
CUDA_SHIM_OWN void together(unsigned mask, Site site, void *own, Work work, bool orders = false) {
  Thread &self = *block.now;
  self.site = site;
  const unsigned number = numberOf(self), lane = number % 32, warp = number - lane;
  if (block.count - warp < 32) mask &= (1u << (block.count - warp)) - 1;
  if (!(mask >> lane & 1)) wrong("a lane is not in the mask that it names", &self, nullptr);
  const unsigned lowest = static_cast<unsigned>(__builtin_ctz(mask));
  Together &group = block.together[warp + lowest];
  if (group.mask == 0) group.mask = mask, group.arrived = 0, group.site = site;
  else if (group.mask != mask || !sameSite(group.site, site)) {
    const unsigned other = static_cast<unsigned>(__builtin_ctz(group.arrived));
    wrong("lanes of a warp do different things", &self, &block.threads[warp + other]);
  }
  group.lanes[lane] = own;
  group.arrived |= 1u << lane;
  if (orders) mark(&group, true);
  if (group.arrived != mask) {
    wait();
    if (orders) mark(&group, false);
    return;
  }
  if (orders) mark(&group, false);
  void *lanes[32];
  memcpy(lanes, group.lanes, sizeof lanes);
  group.mask = 0;
  if (work) work(lanes, mask);
  for (unsigned i = 0; i < 32; i++)
    if (i != lane && (mask >> i & 1)) wake(block.threads[warp + i]);
}

template <class T>
struct Exchange {
  T given, got;
  int from;
};

template <class T>
CUDA_SHIM_OWN void exchange(void *const *lanes, unsigned mask) {
  for (unsigned i = 0; i < 32; i++) {
    if (!(mask >> i & 1)) continue;
    Exchange<T> &own = *static_cast<Exchange<T> *>(lanes[i]);
    const int from = own.from >= 0 && (mask >> own.from & 1) ? own.from : static_cast<int>(i);
    own.got = static_cast<Exchange<T> *>(lanes[from])->given;
  }
}

/* Lanes name another within their stretch of `width`; one that names none keeps its own value, as the hardware has it. */
template <class T>
CUDA_SHIM_OWN T shuffle(unsigned mask, T value, int from, int width, Site site) {
  const int lane = static_cast<int>(numberOf(*block.now) % 32), first = lane & ~(width - 1);
  Exchange<T> own{value, value, from >= first && from < first + width ? from : lane};
  together(mask, site, &own, exchange<T>);
  return own.got;
}

template <class T>
T shuffleFrom(unsigned mask, T value, int from, Site site, int width = 32) {
  const int lane = static_cast<int>(numberOf(*block.now) % 32);
  return shuffle(mask, value, (lane & ~(width - 1)) + (from & (width - 1)), width, site);
}

template <class T>
T shuffleUp(unsigned mask, T value, int by, Site site, int width = 32) {
  return shuffle(mask, value, static_cast<int>(numberOf(*block.now) % 32) - by, width, site);
}

template <class T>
T shuffleDown(unsigned mask, T value, int by, Site site, int width = 32) {
  return shuffle(mask, value, static_cast<int>(numberOf(*block.now) % 32) + by, width, site);
}

template <class T>
T shuffleXor(unsigned mask, T value, int bits, Site site, int width = 32) {
  return shuffle(mask, value, static_cast<int>(numberOf(*block.now) % 32) ^ bits, width, site);
}

struct Vote {
  bool given;
  unsigned got;
};

CUDA_SHIM_OWN void count(void *const *lanes, unsigned mask) {
  unsigned all = 0;
  for (unsigned i = 0; i < 32; i++)
    if ((mask >> i & 1) && static_cast<Vote *>(lanes[i])->given) all |= 1u << i;
  for (unsigned i = 0; i < 32; i++)
    if (mask >> i & 1) static_cast<Vote *>(lanes[i])->got = all;
}

CUDA_SHIM_OWN unsigned ballot(unsigned mask, bool vote, Site site) {
  Vote own{vote, 0};
  together(mask, site, &own, count);
  return own.got;
}

/* What __syncwarp is given, or all lanes. */
inline unsigned maskOrAll(unsigned mask = 0xffffffffu) { return mask; }

}  // namespace cuda_shim

#define __syncthreads() ((void)cuda_shim::barrier(CUDA_SHIM_SITE("__syncthreads")))
#define __syncthreads_count(vote) cuda_shim::barrier(CUDA_SHIM_SITE("__syncthreads_count"), (vote) != 0)
#define __syncthreads_or(vote) (cuda_shim::barrier(CUDA_SHIM_SITE("__syncthreads_or"), (vote) != 0) > 0)
#define __syncthreads_and(vote) \
  (cuda_shim::barrier(CUDA_SHIM_SITE("__syncthreads_and"), (vote) != 0) == static_cast<int>(cuda_shim::block.perRank))
#define __syncwarp(...) \
  cuda_shim::together(cuda_shim::maskOrAll(__VA_ARGS__), CUDA_SHIM_SITE("__syncwarp"), nullptr, nullptr, true)
#define __shfl_sync(mask, value, ...) CUDA_SHIM_SHUFFLE(From, "__shfl_sync", mask, value, __VA_ARGS__, 32, )
#define __shfl_up_sync(mask, value, ...) CUDA_SHIM_SHUFFLE(Up, "__shfl_up_sync", mask, value, __VA_ARGS__, 32, )
#define __shfl_down_sync(mask, value, ...) CUDA_SHIM_SHUFFLE(Down, "__shfl_down_sync", mask, value, __VA_ARGS__, 32, )
#define __shfl_xor_sync(mask, value, ...) CUDA_SHIM_SHUFFLE(Xor, "__shfl_xor_sync", mask, value, __VA_ARGS__, 32, )
#define CUDA_SHIM_SHUFFLE(how, what, mask, value, by, width, ...) \
  cuda_shim::shuffle##how(mask, value, static_cast<int>(by), CUDA_SHIM_SITE(what), width)
#define __ballot_sync(mask, vote) cuda_shim::ballot(mask, (vote) != 0, CUDA_SHIM_SITE("__ballot_sync"))
#define __any_sync(mask, vote) (cuda_shim::ballot(mask, (vote) != 0, CUDA_SHIM_SITE("__any_sync")) != 0)
#define __all_sync(mask, vote) (cuda_shim::ballot(mask, (vote) == 0, CUDA_SHIM_SITE("__all_sync")) == 0)
#define __activemask() 0xffffffffu
