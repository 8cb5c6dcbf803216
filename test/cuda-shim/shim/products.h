/*
 * Products of warpgroups, as the PTX ISA has them ("Asynchronous warpgroup level matrix instructions"): 64 rows of a times N columns of b, both
 * in shared memory, each row or column as 128 bytes of which 16-byte pieces are swizzled, eight in a pattern.
 *
 * They go on beside the threads. What they read is noted when they are asked for and has to be the same when they are waited for; sums are
 * NaN until then, and the sanitiser of addresses lets nobody touch them.
 */
#pragma once
#include "narrow.h"
#include "warpgroup.h"

namespace cuda_shim {

enum class ProductElement { f16, bf16 };

/* What a thread brings to a product. */
struct ProductOf {
  float *sums;
  uint64_t a, b;
  uint32_t places;
  int columns, selector;
  bool sparse;
  ProductElement element;
  unsigned groups;
};

/* Sums of a warpgroup that a product has not finished with. */
struct Sums {
  unsigned warpgroup, products;
  int columns;
  bool sparse;
  unsigned fences;
  float *lanes[Warpgroup::size];
  float values[64 * 256];
};

struct Product {
  ProductOf asked;
  Sums *sums;
  unsigned warpgroup, group;
  uint32_t places[Warpgroup::size];
  unsigned char a[64 * 32], b[256 * 64];
  Product *next;

  CUDA_SHIM_OWN int bytesOfB() const { return asked.sparse ? 64 : 32; }
};

struct ThreadProducts {
  unsigned fences, groups;
  bool fenced;
};

struct Products {
  ThreadProducts threads[Block::mostThreads];
  /* Oldest first. */
  Product *pending = nullptr, *spare = nullptr;
  Sums *sums[32] = {};
};

inline Products products;

CUDA_SHIM_OWN ThreadProducts &ownProducts() { return products.threads[numberOf(*block.now)]; }

/* Bits 0-13 are the address, 16-29 are of no meaning here, 32-45 lead from eight rows to the next, 62-63 are the swizzle: 1 is of 128 bytes. */
CUDA_SHIM_OWN const unsigned char *pieceOf(uint64_t descriptor, int row, int byte) {
  const size_t address = (descriptor & 0x3fff) << 4, eight = (descriptor >> 32 & 0x3fff) << 4;
  const size_t linear = address + static_cast<size_t>(row / 8) * eight + static_cast<size_t>(row % 8) * 128 + static_cast<size_t>(byte);
  const size_t swizzled = linear ^ ((linear >> 7 & 7) << 4);
  const char *const p = dynamicShared() + (swizzled - firstShared);
  if (swizzled < firstShared || !inShared(p, 16)) wrongHere("a product reads outside dynamic shared memory");
  return reinterpret_cast<const unsigned char *>(p);
}

CUDA_SHIM_OWN void checkDescriptor(uint64_t descriptor, int bytes) {
  if (descriptor >> 62 != 1) wrongHere("matrices of products have a swizzle of 128 bytes");
  if (descriptor & 0x3fffc000c000c000ull) wrongHere("a descriptor of a matrix has bits that mean nothing: its address went beyond shared memory?");
  const size_t address = (descriptor & 0x3fff) << 4;
  if (address % 1024 / 128 != 0) wrongHere("the matrix of a product does not begin at a multiple of 1024 bytes");
  if (address % 128 + static_cast<size_t>(bytes) > 128) wrongHere("a product reads beyond rows of 128 bytes");
}

/* Rows of 16-byte pieces, next to each other. */
CUDA_SHIM_OWN void gather(unsigned char *to, uint64_t descriptor, int rows, int bytes) {
  for (int row = 0; row < rows; row++)
    for (int byte = 0; byte < bytes; byte += 16) copyUnseen(to + row * bytes + byte, pieceOf(descriptor, row, byte), 16);
}

CUDA_SHIM_OWN void expectSeen(uint64_t descriptor, int rows, int bytes) {
  for (int row = 0; row < rows; row++)
    for (int byte = 0; byte < bytes; byte += 16)
      if (!proxySeesIt(ranks.shown, pieceOf(descriptor, row, byte), 16))
        wrongHere("a product reads what threads wrote with no fence.proxy.async behind it");
}

CUDA_SHIM_OWN void expectSame(const unsigned char *was, uint64_t descriptor, int rows, int bytes) {
  for (int row = 0; row < rows; row++)
    for (int byte = 0; byte < bytes; byte += 16) {
      const unsigned char *const now = pieceOf(descriptor, row, byte);
      for (int i = 0; i < 16; i++)
        if (now[i] != was[row * bytes + byte + i]) wrongHere("shared memory was written while a product read it");
    }
}

CUDA_SHIM_OWN bool reads(uint64_t descriptor, int rows, int bytes, const void *from, size_t many) {
  for (int row = 0; row < rows; row++)
    for (int byte = 0; byte < bytes; byte += 16) {
      const size_t after = static_cast<size_t>(pieceOf(descriptor, row, byte) + 16 - static_cast<const unsigned char *>(from));
      if (after - 1 < many + 15) return true;
    }
  return false;
}

/* Nobody may write there that no thread sees, in memory of a block. */
CUDA_SHIM_OWN void expectUnread(unsigned rank, const void *p, size_t bytes) {
  for (const Product *o = products.pending; o; o = o->next) {
    if (o->warpgroup * Warpgroup::size / block.perRank != rank) continue;
    if (reads(o->asked.a, 64, 32, p, bytes) || reads(o->asked.b, o->asked.columns, o->bytesOfB(), p, bytes))
      wrongHere("a copy goes to where a product reads that was not waited for");
  }
}

static constexpr unsigned unfinished = 0x7fc0deadu;

/* Register j of lane l: row l / 4 of eight, and eight more for every other pair; column 2 (l % 4) of eight, and one more. */
CUDA_SHIM_OWN float &valueAt(Sums &s, unsigned lane, int j) {
  const unsigned row = lane / 32 * 16 + lane % 32 / 4 + static_cast<unsigned>(j / 2 % 2) * 8;
  const unsigned column = static_cast<unsigned>(j / 4) * 8 + lane % 4 * 2 + static_cast<unsigned>(j % 2);
  return s.values[row * 256 + column];
}

CUDA_SHIM_OWN void close([[maybe_unused]] float *sums, [[maybe_unused]] int columns) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_poison_memory_region(sums, static_cast<size_t>(columns) * 2);
#endif
}
CUDA_SHIM_OWN void open([[maybe_unused]] float *sums, [[maybe_unused]] int columns) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(sums, static_cast<size_t>(columns) * 2);
#endif
}

/* Takes what lanes have. */
CUDA_SHIM_OWN void takeSums(Sums &s, void *const *lanes) {
  for (unsigned lane = 0; lane < Warpgroup::size; lane++) {
    float *const own = s.lanes[lane] = static_cast<const ProductOf *>(lanes[lane])->sums;
    for (int j = 0; j < s.columns / 2; j++) {
      valueAt(s, lane, j) = own[j];
      own[j] = cudaShimBits<float>(unfinished);
    }
    close(own, s.columns);
  }
}

CUDA_SHIM_OWN void giveSums(Sums &s) {
  for (unsigned lane = 0; lane < Warpgroup::size; lane++) {
    float *const own = s.lanes[lane];
    open(own, s.columns);
    for (int j = 0; j < s.columns / 2; j++) {
      unsigned bits;
      memcpy(&bits, own + j, 4);
      if (bits != unfinished) wrongHere("sums of a product were written before it was waited for");
      own[j] = valueAt(s, lane, j);
    }
  }
}

}  // namespace cuda_shim
