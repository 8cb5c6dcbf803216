/*
 * Copies to shared memory that go on beside the thread (cp.async): they take place when the thread waits for their group, so
 * what is read too early is still what was there before; or at once, if settings say so, so that what is still read is seen to change.
 */
#pragma once
#include "block.h"
#include "settings.h"

namespace cuda_shim {

struct Copy {
  void *to;
  const void *from;
  unsigned bytes, copied;
  Site site;
  Copy *next;
};

struct Copies {
  Copy *first = nullptr;
  Copy **end = &first;
};

/* Of each thread, those of the group that is being made and of groups that are on their way, oldest first. */
struct ThreadCopies {
  static constexpr int most = 16;
  Copies groups[most];
  int begun = 0, ended = 0;
  Copies open;
};

inline ThreadCopies threadCopies[Block::mostThreads];
inline Copy *spareCopies = nullptr;

CUDA_SHIM_OWN ThreadCopies &ownCopies() { return threadCopies[numberOf(*block.now)]; }

/* `copied` of `bytes` bytes, and zeros behind them. */
CUDA_SHIM_OWN void copyAsync(void *to, const void *from, unsigned bytes, unsigned copied) {
  const auto misplaced = [bytes](const void *p) { return reinterpret_cast<uintptr_t>(p) % bytes != 0; };
  block.now->site = Site{"cp.async", "a copy", "shared memory", 0};
  if (misplaced(to) || (copied > 0 && misplaced(from))) wrong("a copy is not aligned to its size", block.now, nullptr);
  if (settings.early) {
    if (copied) memcpy(to, from, copied);
    memset(static_cast<char *>(to) + copied, 0, bytes - copied);
    return;
  }
  Copy *copy = spareCopies;
  if (copy) spareCopies = copy->next;
  else copy = new Copy;
  *copy = Copy{to, from, bytes, copied, {}, nullptr};
  Copies &open = ownCopies().open;
  if (!open.first) open.end = &open.first;
  *open.end = copy;
  open.end = &copy->next;
}

CUDA_SHIM_OWN void commitCopies() {
  ThreadCopies &own = ownCopies();
  if (own.ended - own.begun == ThreadCopies::most) wrong("more groups of copies than can be waited for", block.now, nullptr);
  own.groups[own.ended++ % ThreadCopies::most] = own.open;
  own.open = Copies{};
}

/* Until at most `pending` groups are on their way. */
CUDA_SHIM_OWN void waitForCopies(int pending) {
  ThreadCopies &own = ownCopies();
  while (own.ended - own.begun > pending) {
    Copies &group = own.groups[own.begun++ % ThreadCopies::most];
    for (Copy *c = group.first; c;) {
      if (c->copied) memcpy(c->to, c->from, c->copied);
      memset(static_cast<char *>(c->to) + c->copied, 0, c->bytes - c->copied);
      Copy *const done = c;
      c = c->next;
      done->next = spareCopies;
      spareCopies = done;
    }
    group.first = nullptr;
  }
}

/* What a thread leaves behind unwaited for takes no place in a later block. */
CUDA_SHIM_OWN void dropCopies(unsigned thread) {
  ThreadCopies &own = threadCopies[thread];
  own.begun = own.ended = 0;
  own.open = Copies{};
}

}  // namespace cuda_shim
