/*
 * Shared memory of the blocks of a cluster: that of one is where all of them have it, and the others' is kept apart until a thread of theirs runs.
 */
#pragma once
#include <stdlib.h>

#include "state.h"
#include "shared.h"

namespace cuda_shim {

struct Ranks {
  unsigned shown = 0;
  char *kept[Block::mostRanks] = {};
};

inline Ranks ranks;

/* What launches size lies first, and each of the variables behind, or all that is around it where none is known. */
template <class Copy>
CUDA_SHIM_OWN void eachShared(char *kept, Copy copy) {
  const Locals &found = shared();
  char *const own = dynamicShared();
  copy(kept, own, block.dynamic);
  kept += sizeof dynamic_shared;
  for (size_t i = 0; i < found.count; i++) {
    const Region r = found.variables[i];
    if (r.begin == own) continue;
    const size_t bytes = static_cast<size_t>(r.end - r.begin);
    copy(kept, r.begin, bytes);
    kept += bytes;
  }
  if (found.count > 0) return;
  const size_t before = static_cast<size_t>(own - found.all.begin);
  copy(kept, found.all.begin, before);
  copy(kept + before, own + sizeof dynamic_shared, static_cast<size_t>(found.all.end - own) - sizeof dynamic_shared);
}

CUDA_SHIM_OWN void keep(char *kept, char *place, size_t bytes) { copyUnseen(kept, place, bytes); }
CUDA_SHIM_OWN void putBack(char *kept, char *place, size_t bytes) { copyUnseen(place, kept, bytes); }

CUDA_SHIM_OWN void show(unsigned rank) {
  if (rank == ranks.shown) return;
  eachShared(ranks.kept[ranks.shown], keep);
  eachShared(ranks.kept[rank], putBack);
  ranks.shown = rank;
}

/* Where what a block has at a place of dynamic shared memory is now. */
CUDA_SHIM_OWN char *placeIn(unsigned rank, const void *place) {
  char *const begin = rank == ranks.shown ? dynamicShared() : ranks.kept[rank];
  return begin + (static_cast<const char *>(place) - dynamicShared());
}

/* All blocks find it as it is for the first. */
CUDA_SHIM_OWN void beginRanks() {
  ranks.shown = 0;
  for (unsigned rank = 0; rank < block.ranks && block.ranks > 1; rank++) {
    if (!ranks.kept[rank]) ranks.kept[rank] = static_cast<char *>(malloc(static_cast<size_t>(shared().all.end - shared().all.begin)));
    if (rank > 0) eachShared(ranks.kept[rank], keep);
  }
}

CUDA_SHIM_OWN bool hasLeft(unsigned rank) { return block.rank[rank].left == block.perRank; }

}  // namespace cuda_shim
