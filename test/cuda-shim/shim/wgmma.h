/* Asking for products of warpgroups, and waiting for them. */
#pragma once
#include "products.h"

namespace cuda_shim {

/* sums[row][column] += a · b[column] for numbers of a that stand at `places` among those of b, all of them rounded after each. */
__attribute__((no_sanitize("address"), no_sanitize("undefined"), no_sanitize("thread"), optimize("O3"), noinline)) inline void
addProducts(float *sums, const float *a, const float *b, const int *places, int kept, int columns) {
  for (int row = 0; row < 64; row++)
    for (int k = 0; k < kept; k++) {
      const float value = a[row * kept + k];
      const float *const of = b + places[row * kept + k] * 256;
      for (int column = 0; column < columns; column++) sums[row * 256 + column] += value * of[column];
    }
}

CUDA_SHIM_OWN float numberAt(const unsigned char *p, ProductElement element) {
  const unsigned short bits = static_cast<unsigned short>(p[0] | p[1] << 8);
  return element == ProductElement::f16 ? fromHalf(bits) : fromBrain(bits);
}

/*
 * Which of each four numbers the two are that a has: of rows g and g + 8 of a warp lanes 4g + 2 selector and the one behind it say so, each for
 * half of the depth, in 16 bits for each row.
 */
CUDA_SHIM_OWN void readPlaces(const Product &p, int *places) {
  for (int row = 0; row < 64; row++)
    for (int four = 0; four < 8; four++) {
      const int lane = row / 16 * 32 + row % 8 * 4 + 2 * p.asked.selector + four / 4;
      const unsigned both = p.places[lane] >> (row / 8 % 2 * 16 + four % 4 * 4) & 15u;
      const int low = static_cast<int>(both & 3u), high = static_cast<int>(both >> 2);
      if (low >= high) wrongHere("places of sparse weights are none");
      places[row * 16 + 2 * four] = 4 * four + low;
      places[row * 16 + 2 * four + 1] = 4 * four + high;
    }
}

CUDA_SHIM_OWN void multiply(Product &p) {
  static float a[64 * 16], b[32 * 256];
  static int places[64 * 16];
  const ProductElement element = p.asked.element;
  const int depth = p.bytesOfB() / 2;
  for (int i = 0; i < 64 * 16; i++) a[i] = numberAt(p.a + 2 * i, element), places[i] = i % 16;
  for (int column = 0; column < p.asked.columns; column++)
    for (int k = 0; k < depth; k++) b[k * 256 + column] = numberAt(p.b + 2 * (column * depth + k), element);
  if (p.asked.sparse) readPlaces(p, places);
  addProducts(p.sums->values, a, b, places, 16, p.asked.columns);
}

/* Sums that a product adds to: those that others are still adding to, in the same shape, or what lanes have, behind a fence. */
CUDA_SHIM_OWN Sums &sumsFor(const ProductOf &asked, void *const *lanes) {
  Sums **unused = nullptr;
  for (Sums *&s : products.sums) {
    if (!s || s->products == 0) {
      if (!unused) unused = &s;
      continue;
    }
    unsigned same = 0;
    for (unsigned i = 0; i < Warpgroup::size; i++) same += s->lanes[i] == static_cast<const ProductOf *>(lanes[i])->sums;
    if (same == 0) continue;
    const bool shape = same == Warpgroup::size && s->columns == asked.columns && s->sparse == asked.sparse;
    if (!shape && (same < Warpgroup::size || s->columns != asked.columns || ownProducts().fences == s->fences))
      wrongHere("products of different shapes add to the same sums with no wgmma.fence between them");
    s->sparse = asked.sparse, s->fences = ownProducts().fences;
    return *s;
  }
  if (!unused) wrongHere("more sums than there is room for");
  if (!*unused) *unused = new Sums;
  Sums &own = **unused;
  own.warpgroup = ownWarpgroup(), own.products = 0, own.columns = asked.columns, own.sparse = asked.sparse;
  own.fences = ownProducts().fences;
  for (unsigned i = 0; i < Warpgroup::size; i++)
    if (!products.threads[ownWarpgroup() * Warpgroup::size + i].fenced)
      wrong("a thread has no wgmma.fence between its own use of sums and a product's",
            &block.threads[ownWarpgroup() * Warpgroup::size + i], nullptr);
  takeSums(own, lanes);
  return own;
}

CUDA_SHIM_OWN bool ask(void *const *lanes, Warpgroup &) {
  const ProductOf &asked = *static_cast<const ProductOf *>(lanes[0]);
  Product *p = products.spare;
  if (p) products.spare = p->next;
  else p = new Product;
  for (unsigned i = 0; i < Warpgroup::size; i++) {
    const ProductOf &other = *static_cast<const ProductOf *>(lanes[i]);
    if (other.a != asked.a || other.b != asked.b) wrongHere("threads of a warpgroup have different descriptors");
    if (other.columns != asked.columns || other.element != asked.element || other.sparse != asked.sparse || other.selector != asked.selector)
      wrongHere("threads of a warpgroup ask for different products");
    if (other.groups != asked.groups) wrongHere("threads of a warpgroup ended different numbers of groups");
    p->places[i] = other.places;
  }
  p->asked = asked, p->next = nullptr;
  p->warpgroup = ownWarpgroup(), p->group = asked.groups;
  expectSeen(asked.a, 64, 32);
  expectSeen(asked.b, asked.columns, p->bytesOfB());
  gather(p->a, asked.a, 64, 32);
  gather(p->b, asked.b, asked.columns, p->bytesOfB());
  p->sums = &sumsFor(asked, lanes);
  p->sums->products++;
  Product **link = &products.pending;
  while (*link) link = &(*link)->next;
  *link = p;
  return true;
}

CUDA_SHIM_OWN bool isDue(const Product &p, const Warpgroup &group) {
  return &warpgroups[p.warpgroup] == &group && p.group < group.finished;
}

/* Products that threads of a warpgroup wait for. */
CUDA_SHIM_OWN void finish(Warpgroup &group) {
  show(static_cast<unsigned>(&group - warpgroups) * Warpgroup::size / block.perRank);
  for (Product **link = &products.pending; *link;) {
    Product *const p = *link;
    if (!isDue(*p, group)) {
      link = &p->next;
      continue;
    }
    expectSame(p->a, p->asked.a, 64, 32);
    expectSame(p->b, p->asked.b, p->asked.columns, p->bytesOfB());
    multiply(*p);
    if (--p->sums->products == 0) {
      giveSums(*p->sums);
      for (unsigned i = 0; i < Warpgroup::size; i++) products.threads[p->warpgroup * Warpgroup::size + i].fenced = false;
    }
    *link = p->next;
    p->next = products.spare;
    products.spare = p;
  }
}

CUDA_SHIM_OWN bool finishOne() {
  for (Warpgroup &group : warpgroups)
    if (group.waits) {
      group.waits = false;
      finish(group);
      letGoOn(group);
      return true;
    }
  return false;
}

struct Wait {
  unsigned groups, pending;
};

/* If settings say that copies are early, products are as well. */
CUDA_SHIM_OWN bool waitFor(void *const *lanes, Warpgroup &group) {
  const Wait &asked = *static_cast<const Wait *>(lanes[0]);
  for (unsigned i = 0; i < Warpgroup::size; i++) {
    const Wait &other = *static_cast<const Wait *>(lanes[i]);
    if (other.groups != asked.groups || other.pending != asked.pending) wrongHere("threads of a warpgroup wait for different groups");
  }
  group.finished = asked.groups > asked.pending ? asked.groups - asked.pending : 0;
  bool due = false;
  for (const Product *p = products.pending; p; p = p->next) due = due || isDue(*p, group);
  if (!due) return true;
  group.waits = !settings.early;
  if (settings.early) finish(group);
  return settings.early;
}

/* For the sanitiser of races: one lane of each warp reads the warp's rows of a, and all of b, before any thread of the warpgroup has waited. */
CUDA_SHIM_OWN void tellOperands([[maybe_unused]] const ProductOf &p) {
#if defined(__SANITIZE_THREAD__)
  const unsigned lane = laneOfWarpgroup();
  if (lane % 32 != 0) return;
  for (int i = 0; i < 32; i++) tellRead(pieceOf(p.a, static_cast<int>(lane / 2) + i / 2, i % 2 * 16), 16);
  for (int column = 0; column < p.columns; column++)
    for (int byte = 0; byte < (p.sparse ? 64 : 32); byte += 16) tellRead(pieceOf(p.b, column, byte), 16);
  mark(&warpgroups[ownWarpgroup()], true);
#endif
}

template <int N>
CUDA_SHIM_OWN void askFor(float *sums, uint64_t a, uint64_t b, uint32_t places, int selector, bool sparse, ProductElement element, Site at) {
  static_assert(N >= 8 && N <= 256 && N % 8 == 0, "from 8 to 256 columns, by eights");
  ProductOf own{sums, a, b, places, N, selector, sparse, element, ownProducts().groups};
  block.now->site = at;
  checkDescriptor(a, 32);
  checkDescriptor(b, sparse ? 64 : 32);
  tellOperands(own);
  together(at, &own, ask);
}

CUDA_SHIM_OWN void beginProducts() {
  for (unsigned i = 0; i < block.count; i++) products.threads[i] = {};
}

}  // namespace cuda_shim

namespace emulated {

/* Of 128 bytes swizzled, rows or columns one after the other by the depth, eight of them in 1024 bytes. */
CUDA_SHIM_OWN uint64_t wgmma_descriptor(const void *shared, cuda_shim::Site at = cuda_shim::from("wgmma_descriptor")) {
  using namespace cuda_shim;
  block.now->site = at;
  if (!inShared(shared, 1024)) wrongHere("a matrix of products is not in dynamic shared memory");
  const size_t address = firstShared + offsetInShared(shared);
  if (address % 1024 != 0) wrongHere("a matrix of products is not aligned to 1024 bytes");
  return (1ull << 62) | (1024ull >> 4 << 32) | (1ull << 16) | (address >> 4);
}

/* wgmma.fence: registers that this thread had in use are the products' from here. */
CUDA_SHIM_OWN void wgmma_fence() {
  cuda_shim::useBeside();
  cuda_shim::ThreadProducts &own = cuda_shim::ownProducts();
  own.fences++, own.fenced = true;
}

/* wgmma.commit_group */
CUDA_SHIM_OWN void wgmma_commit() { cuda_shim::ownProducts().groups++; }

/* wgmma.wait_group: until at most N groups of products go on. */
template <int N>
CUDA_SHIM_OWN void wgmma_wait(cuda_shim::Site at = cuda_shim::from("wgmma.wait_group")) {
  static_assert(N >= 0 && N <= 7, "from 0 to 7");
  cuda_shim::Wait own{cuda_shim::ownProducts().groups, N};
  cuda_shim::together(at, &own, cuda_shim::waitFor);
  cuda_shim::mark(&cuda_shim::warpgroups[cuda_shim::ownWarpgroup()], false);
}

#define CUDA_SHIM_PRODUCT(type)                                                                                         \
  /* d += a · b, of 64 rows, N columns and a depth of 16; wgmma.mma_async. */                                           \
  template <int N>                                                                                                      \
  inline void wgmma_##type(float (&d)[N / 2], uint64_t a, uint64_t b, cuda_shim::Site at = cuda_shim::from("wgmma.mma_async")) { \
    cuda_shim::askFor<N>(d, a, b, 0, 0, false, cuda_shim::ProductElement::type, at);                                    \
  }                                                                                                                     \
  /* The same of a depth of 32, of which a has 2 of each 4; wgmma.mma_async.sp. */                                      \
  template <int N, int Selector = 0>                                                                                    \
  inline void wgmma_sparse_##type(float (&d)[N / 2], uint64_t a, uint64_t b, uint32_t metadata,                         \
                                  cuda_shim::Site at = cuda_shim::from("wgmma.mma_async.sp")) {                         \
    static_assert(Selector == 0 || Selector == 1, "two lanes of each four, or the other two");                          \
    cuda_shim::askFor<N>(d, a, b, metadata, Selector, true, cuda_shim::ProductElement::type, at);                       \
  }
CUDA_SHIM_PRODUCT(f16)
CUDA_SHIM_PRODUCT(bf16)
#undef CUDA_SHIM_PRODUCT

}  // namespace emulated
