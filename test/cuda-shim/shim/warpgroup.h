/* What the four warps of a warpgroup do together, all of them the same. */
#pragma once
#include "proxy.h"

namespace cuda_shim {

struct Warpgroup {
  static constexpr unsigned size = 128;
  unsigned arrived = 0;
  const Thread *first = nullptr;
  void *lanes[size];
  /* It waits until this many groups of products are finished, if any. */
  unsigned finished = 0;
  bool waits = false;
  /* Registers of each thread, once it said how many it needs. */
  int registers = 0;
};

inline Warpgroup warpgroups[Block::mostThreads / Warpgroup::size];

CUDA_SHIM_OWN unsigned ownWarpgroup() { return numberOf(*block.now) / Warpgroup::size; }
CUDA_SHIM_OWN unsigned laneOfWarpgroup() { return numberOf(*block.now) % Warpgroup::size; }

[[noreturn]] CUDA_SHIM_OWN void wrongHere(const char *message) { wrong(message, block.now, nullptr); }

/* Are threads to go on at once? Else whoever does what they wait for lets them. */
using WarpgroupWork = bool (*)(void *const *lanes, Warpgroup &group);

CUDA_SHIM_OWN void letGoOn(const Warpgroup &group) {
  Thread *const first = &block.threads[(&group - warpgroups) * Warpgroup::size];
  for (Thread *t = first; t < first + Warpgroup::size; t++)
    if (t->state == Thread::waiting) wake(*t);
}

/* All 128 threads, of which each brings `own`: the last that comes does the work for all. It puts nothing in order that they do to memory. */
CUDA_SHIM_OWN void together(Site site, void *own, WarpgroupWork work) {
  useBeside();
  Thread &self = *block.now;
  self.site = site;
  const unsigned first = ownWarpgroup() * Warpgroup::size;
  if (first % block.perRank + Warpgroup::size > block.perRank) wrongHere("a warpgroup has 128 threads");
  Warpgroup &group = warpgroups[ownWarpgroup()];
  if (group.arrived == 0) group.first = &self;
  else if (!sameSite(group.first->site, site)) wrong("threads of a warpgroup do different things", &self, group.first);
  group.lanes[laneOfWarpgroup()] = own;
  const bool last = ++group.arrived == Warpgroup::size;
  if (last) group.arrived = 0;
  if (last && work(group.lanes, group)) letGoOn(group);
  else
    wait();
}

template <bool More, int N>
CUDA_SHIM_OWN bool setRegisters(void *const *, Warpgroup &own) {
  own.registers = N;
  int all = 0;
  const unsigned many = block.perRank / Warpgroup::size, first = ownRank() * many;
  for (unsigned i = first; i < first + many; i++) all += warpgroups[i].registers * static_cast<int>(Warpgroup::size);
  if (More && all > 65536) wrongHere("warpgroups ask for more registers than there are, 65536");
  return true;
}

CUDA_SHIM_OWN void beginWarpgroups() {
  for (Warpgroup &g : warpgroups) g.arrived = 0, g.registers = 0, g.waits = false;
}

}  // namespace cuda_shim

namespace emulated {

/* setmaxnreg */
template <int N>
inline void registers_more(cuda_shim::Site at = cuda_shim::from("setmaxnreg.inc")) {
  static_assert(N >= 24 && N <= 256 && N % 8 == 0, "from 24 to 256, by eights");
  cuda_shim::together(at, nullptr, cuda_shim::setRegisters<true, N>);
}
template <int N>
inline void registers_less(cuda_shim::Site at = cuda_shim::from("setmaxnreg.dec")) {
  static_assert(N >= 24 && N <= 256 && N % 8 == 0, "from 24 to 256, by eights");
  cuda_shim::together(at, nullptr, cuda_shim::setRegisters<false, N>);
}

}  // namespace emulated
