/*
 * Barriers in shared memory that count arrivals and bytes (PTX ISA, "mbarrier"), and bulk copies that tell them. A phase is over when as many
 * threads have arrived as the barrier counts and as many bytes have come as were expected; the next begins at once.
 *
 * Copies land when no thread can go on without, one at a time, in the order that is set; or at once, if settings say that copies are early.
 */
#pragma once
#include "wgmma.h"

namespace cuda_shim {

struct Barrier {
  uint64_t *at;
  unsigned count, missing, phase;
  /* Of this phase: bytes that were expected, less those that came. */
  long long bytes;
  /* Somebody saw the end of the phase before; copies may tell it; who initialised it. */
  bool seen, fenced;
  const Thread *by;
  unsigned rank;
};

/* In the order in which they were asked for. */
struct BulkCopy {
  char *to;
  const char *from;
  uint32_t bytes;
  Barrier *barrier;
  BulkCopy *next;
};

/* Arrays and lists of our own: what those of the library do would be seen by the sanitiser of races. */
struct Barriers {
  static constexpr unsigned most = 256;
  Barrier all[most];
  unsigned count;
  const Barrier *awaited[Block::mostThreads];
  BulkCopy *copies, *spare;
};

inline Barriers barriers;

/* The word that lies where a barrier does. Nobody else may write it. */
CUDA_SHIM_OWN uint64_t wordOf(const Barrier &b) { return 0xbadc0de000000000ull + (static_cast<uint64_t>(b.phase) << 20) + b.missing; }
CUDA_SHIM_OWN void write(const Barrier &b) {
  const uint64_t word = wordOf(b);
  copyUnseen(placeIn(b.rank, b.at), &word, sizeof word);
}

CUDA_SHIM_OWN void tellBarriers() {
  for (unsigned i = 0; i < barriers.count; i++) {
    const Barrier &b = barriers.all[i];
    for (unsigned t = 0; t < block.count; t++)
      if (barriers.awaited[t] == &b) {
        fprintf(stderr, "  in phase %u of the barrier at byte %zu of shared memory %u of %u have yet to arrive, and %lld bytes to come\n",
                b.phase, offsetInShared(b.at), b.missing, b.count, b.bytes);
        break;
      }
  }
}

CUDA_SHIM_OWN Barrier &barrierAt(uint64_t *at, unsigned rank, Site site) {
  block.now->site = site;
  if (rank >= block.ranks) wrongHere("the cluster has no such block");
  if (hasLeft(rank)) wrongHere("a block is told that has ended");
  for (unsigned i = 0; i < barriers.count; i++) {
    Barrier &b = barriers.all[i];
    if (b.at != at || b.rank != rank) continue;
    uint64_t word;
    copyUnseen(&word, placeIn(rank, at), sizeof word);
    if (word != wordOf(b)) wrongHere("a barrier was written over");
    tellRead(at, sizeof *at);
    return b;
  }
  wrongHere("no barrier was initialised there");
}

/* Ends the phase if nothing is missing. */
CUDA_SHIM_OWN void consider(Barrier &b) {
  if (b.missing == 0 && b.bytes == 0) {
    for (const BulkCopy *c = barriers.copies; c; c = c->next)
      if (c->barrier == &b) wrongHere("a phase ends with copies on their way: fewer bytes are expected than are copied");
    b.phase++;
    b.missing = b.count;
    b.seen = false;
    for (unsigned t = 0; t < block.count; t++)
      if (barriers.awaited[t] == &b) {
        barriers.awaited[t] = nullptr;
        b.seen = true;
        wake(block.threads[t]);
      }
  }
  write(b);
}

CUDA_SHIM_OWN void arrive(Barrier &b) {
  if (b.phase > 0 && !b.seen) wrongHere("a thread arrives, and nobody has waited for the phase before");
  if (b.missing == 0) wrongHere("more threads arrive at a barrier than it counts");
  mark(b.at, true);
  b.missing--;
  consider(b);
}

CUDA_SHIM_OWN void land(BulkCopy **link) {
  BulkCopy *const copy = *link;
  *link = copy->next;
  copy->next = barriers.spare;
  barriers.spare = copy;
  expectAddressable(copy->from, copy->bytes);
  if (hasLeft(copy->barrier->rank)) wrongHere("a copy goes to a block that has ended");
  writeByProxy(copy->barrier->rank, copy->to, copy->from, copy->bytes);
  copy->barrier->bytes -= copy->bytes;
  consider(*copy->barrier);
}

CUDA_SHIM_OWN bool landOne() {
  unsigned many = 0;
  for (const BulkCopy *c = barriers.copies; c; c = c->next) many++;
  if (many == 0) return false;
  BulkCopy **link = &barriers.copies;
  for (unsigned i = settings.order == Order::forward ? 0 : settings.order == Order::backward ? many - 1 : drawn(many); i > 0; i--)
    link = &(*link)->next;
  land(link);
  return true;
}

CUDA_SHIM_OWN void ask(const BulkCopy &copy) {
  BulkCopy *own = barriers.spare;
  if (own) barriers.spare = own->next;
  else own = new BulkCopy;
  *own = copy;
  BulkCopy **link = &barriers.copies;
  while (*link) link = &(*link)->next;
  *link = own;
  if (settings.early) land(link);
}

/* Copies first, or products. */
CUDA_SHIM_OWN bool happenLate() {
  const bool copiesFirst = settings.order == Order::forward || (settings.order == Order::random && drawn(2) == 0);
  return copiesFirst ? landOne() || finishOne() : finishOne() || landOne();
}

CUDA_SHIM_OWN void beginBeside() {
  barriers.count = 0;
  beginProxy();
  beginWarpgroups();
  beginProducts();
}

CUDA_SHIM_OWN void endBeside() {
  if (barriers.copies) wrongHere("the block ends with copies on their way");
  for (unsigned i = 0; i < barriers.count; i++)
    if (barriers.all[i].bytes != 0) wrongHere("the block ends with a barrier of which other bytes were expected than came");
  if (products.pending) wrongHere("the block ends with products that nobody waited for");
}

__attribute__((no_sanitize_thread)) inline void useBeside() {
  if (beside.begin) return;
  beside = {beginBeside, endBeside, happenLate, tellBarriers};
  beginBeside();
}

}  // namespace cuda_shim

namespace emulated {

CUDA_SHIM_OWN void barrier_init(uint64_t *bar, uint32_t count, cuda_shim::Site at = cuda_shim::from("mbarrier.init")) {
  using namespace cuda_shim;
  useBeside();
  block.now->site = at;
  if (!inShared(bar, sizeof *bar) || reinterpret_cast<uintptr_t>(bar) % 8 != 0)
    wrongHere("a barrier is not 8 aligned bytes of dynamic shared memory");
  if (count == 0 || count >= 1u << 20) wrongHere("a barrier counts from 1 to 2^20 - 1 threads");
  for (unsigned i = 0; i < barriers.count; i++)
    if (barriers.all[i].at == bar && barriers.all[i].rank == ownRank()) wrongHere("a barrier is initialised twice");
  if (barriers.count == Barriers::most) wrongHere("more barriers than there is room for");
  tellWritten(bar, sizeof *bar);
  Barrier &own = barriers.all[barriers.count++];
  own = {bar, count, count, 0, 0, false, false, block.now, ownRank()};
  write(own);
}

/* fence.mbarrier_init: copies may tell barriers that this thread initialised. */
CUDA_SHIM_OWN void barrier_fence() {
  using namespace cuda_shim;
  for (unsigned i = 0; i < barriers.count; i++)
    if (barriers.all[i].by == block.now) barriers.all[i].fenced = true;
}

CUDA_SHIM_OWN void barrier_arrive_at(uint64_t *bar, uint32_t rank, cuda_shim::Site at = cuda_shim::from("mbarrier.arrive")) {
  cuda_shim::arrive(cuda_shim::barrierAt(bar, rank, at));
}

/* mbarrier.arrive */
CUDA_SHIM_OWN void barrier_arrive(uint64_t *bar, cuda_shim::Site at = cuda_shim::from("mbarrier.arrive")) {
  barrier_arrive_at(bar, cuda_shim::ownRank(), at);
}

/* mbarrier.arrive.expect_tx: arrives, and so many bytes more are to come before the phase is over. */
CUDA_SHIM_OWN void barrier_expect(uint64_t *bar, uint32_t bytes, cuda_shim::Site at = cuda_shim::from("mbarrier.arrive.expect_tx")) {
  cuda_shim::Barrier &b = cuda_shim::barrierAt(bar, cuda_shim::ownRank(), at);
  b.bytes += bytes;
  if (b.bytes >= 1 << 20) cuda_shim::wrong("a barrier expects less than 2^20 bytes", cuda_shim::block.now, nullptr);
  cuda_shim::arrive(b);
}

/* Until the phase of that parity is over: the one that goes on now, or the one before it. */
CUDA_SHIM_OWN void barrier_wait(uint64_t *bar, uint32_t parity, cuda_shim::Site at = cuda_shim::from("mbarrier.try_wait.parity")) {
  using namespace cuda_shim;
  block.now->site = at;
  if (parity > 1) wrongHere("a phase has parity 0 or 1");
  for (;;) {
    Barrier &b = barrierAt(bar, ownRank(), at);
    if ((b.phase & 1) != parity) {
      b.seen = true;
      break;
    }
    barriers.awaited[numberOf(*block.now)] = &b;
    cuda_shim::wait();
  }
  mark(bar, false);
}

/*
 * cp.async.bulk from global to shared memory with .multicast::cluster: to the same place of each block whose rank is a bit of `to_blocks`, where it
 * tells the barrier at the same place.
 */
CUDA_SHIM_OWN void bulk_copy_multicast(void *shared, const void *global, uint32_t bytes, uint64_t *bar, uint16_t to_blocks,
                                       cuda_shim::Site at = cuda_shim::from("cp.async.bulk")) {
  using namespace cuda_shim;
  block.now->site = at;
  if (bytes == 0 || bytes % 16 != 0) wrongHere("a bulk copy is not of 16 bytes or a multiple");
  if (reinterpret_cast<uintptr_t>(shared) % 16 != 0 || reinterpret_cast<uintptr_t>(global) % 16 != 0)
    wrongHere("a bulk copy is not aligned to 16 bytes");
  if (!inShared(shared, bytes)) wrongHere("a bulk copy ends outside dynamic shared memory");
  expectAddressable(global, bytes);
  tellRead(global, bytes);
  tellWritten(shared, bytes);
  mark(bar, true);
  for (unsigned rank = 0; rank < 16; rank++) {
    if (!(to_blocks >> rank & 1)) continue;
    Barrier &b = barrierAt(bar, rank, at);
    if (!b.fenced) wrongHere("copies tell a barrier that was not fenced after it was initialised");
    expectUnread(rank, shared, bytes);
    if (!proxySeesIt(rank, shared, bytes)) wrongHere("a copy goes to where threads wrote with no fence.proxy.async behind it");
    ask({static_cast<char *>(shared), static_cast<const char *>(global), bytes, &b, nullptr});
  }
}

CUDA_SHIM_OWN void bulk_copy(void *shared, const void *global, uint32_t bytes, uint64_t *bar,
                             cuda_shim::Site at = cuda_shim::from("cp.async.bulk")) {
  bulk_copy_multicast(shared, global, bytes, bar, static_cast<uint16_t>(1u << cuda_shim::ownRank()), at);
}

/* barrier.cluster.arrive.release and .wait.acquire */
CUDA_SHIM_OWN void cluster_meet(cuda_shim::Site at = cuda_shim::from("barrier.cluster")) {
  using namespace cuda_shim;
  meet(block.meeting, block.threads, block.count, at, false);
}

}  // namespace emulated
