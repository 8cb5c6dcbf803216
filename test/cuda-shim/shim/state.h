/* What is known of the block that runs: its threads, where each of them is, and how it ends when something is wrong. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fibre.h"
#include "types.h"

namespace cuda_shim {

struct Site {
  const char *what, *function, *file;
  int line;
};

#define CUDA_SHIM_SITE(what) cuda_shim::Site{what, __func__, __FILE__, __LINE__}

inline bool sameSite(const Site &a, const Site &b) { return a.line == b.line && strcmp(a.file, b.file) == 0; }

/* As a default argument: where the call stands that leaves it out. */
inline Site from(const char *what, const char *function = __builtin_FUNCTION(), const char *file = __builtin_FILE(),
                 int line = __builtin_LINE()) {
  return {what, function, file, line};
}

struct Thread {
  uint3 index;
  Fibre *fibre;
  enum { fresh, running, ready, waiting, left } state;
  Site site;
  int votes;
  /* Bytes on their way to shared memory; see copies.h. */
  struct Copy *copies;
};

/* Lanes of a warp that do something together: those of one mask. */
struct Together {
  unsigned mask = 0, arrived = 0;
  Site site{};
  void *lanes[32];
};

/* Where threads of a block, or of a cluster, wait for all others. */
struct Meeting {
  Site site{};
  unsigned waiting = 0;
  int votes = 0;
};

/* One block of a cluster: its number there is its rank. */
struct Rank {
  Meeting meeting;
  unsigned left = 0;
  /* Threads that can go on, as a ring. */
  unsigned short ready[2048];
  unsigned first = 0, last = 0;
};

/* The block that runs, or the blocks of the cluster that run, one's threads behind the other's. */
struct Block {
  static constexpr unsigned mostThreads = 1024, mostRanks = 2;
  Thread threads[mostThreads];
  Together together[mostThreads];  // of each warp one for each lane: the lowest of a mask
  Rank rank[mostRanks];
  unsigned ranks = 1, perRank = 0;
  unsigned count = 0, begun = 0, left = 0;
  Meeting meeting;
  unsigned long long number = 0, blocks = 0;
  size_t dynamic = 0;
  void (*call)(void *) = nullptr;
  void *argument = nullptr;
  Thread *now = nullptr;
  Fibre *fibre = nullptr, *idle = nullptr;
  /* Where another fibre than the one that chose it has to run it. */
  Thread *chosen = nullptr;
  Fibre main;
  unsigned random = 1;
};

/* What goes on beside the threads of a block. */
struct Beside {
  void (*begin)() = nullptr, (*end)() = nullptr;
  /* When no thread can go on: what was left for then, as far as a thread can go on behind it. */
  bool (*late)() = nullptr;
  /* What threads may be waiting for, as lines. */
  void (*told)() = nullptr;
};

inline Beside beside;

/* By what goes on beside, before anything else. */
__attribute__((no_sanitize_thread)) inline void useBeside();

inline Block block;

/* Where the end of one block meets the beginning of the next. */
inline char betweenBlocks[2];

[[noreturn]] CUDA_SHIM_OWN void wrong(const char *message, const Thread *one, const Thread *other, void (*told)() = nullptr) {
  fflush(stdout);
  const auto tell = [](const Thread *t) {
    const uint3 i = t->index;
    if (t->state == Thread::left)
      fprintf(stderr, "  thread (%u, %u, %u) left\n", i.x, i.y, i.z);
    else
      fprintf(stderr, "  thread (%u, %u, %u) in %s of %s at %s:%d\n", i.x, i.y, i.z, t->site.what, t->site.function,
              t->site.file, t->site.line);
  };
  fprintf(stderr, "cuda shim: block (%u, %u, %u): %s\n", blockIdx.x, blockIdx.y, blockIdx.z, message);
  tell(one);
  if (other) tell(other);
  if (told) told();
  fflush(stderr);
  _Exit(86);
}

CUDA_SHIM_OWN unsigned numberOf(const Thread &t) { return static_cast<unsigned>(&t - block.threads); }

CUDA_SHIM_OWN unsigned rankOf(const Thread &t) { return block.ranks == 1 ? 0 : numberOf(t) / block.perRank; }
CUDA_SHIM_OWN unsigned ownRank() { return rankOf(*block.now); }

CUDA_SHIM_OWN void mark([[maybe_unused]] void *what, [[maybe_unused]] bool before) {
#if defined(__SANITIZE_THREAD__)
  before ? __tsan_release(what) : __tsan_acquire(what);
#endif
}

#if defined(__SANITIZE_THREAD__)
inline void *contexts[Block::mostThreads];
inline Fibre *ownFibres[Block::mostThreads];
#endif

}  // namespace cuda_shim
