// Stands in for the vendor's header of this name in tests: whole numbers of exactly BITS bits.
//
// Like the vendor's, a number is made of any C integer, of which it keeps the lowest bits, and becomes the widest C
// integer of its sign where it is used as one. Stricter than the vendor's: a number that nobody gave a value is not 0,
// and there is no arithmetic but on C integers, because the vendor's shifts drop bits that those of C integers keep.
#ifndef ESPALIER_TEST_AP_INT_H
#define ESPALIER_TEST_AP_INT_H

#include <cstdint>

template <int BITS, bool SIGNED> struct ap_int_base {
  static_assert(BITS >= 1 && BITS <= 64, "this header knows up to 64 bits");
  static const int width = BITS;

  ap_int_base() : bits(0x5a5a5a5a5a5a5a5au & mask) {}
  ap_int_base(const ap_int_base &) = default;
  ap_int_base &operator=(const ap_int_base &) = default;
  ap_int_base(bool x) : ap_int_base(static_cast<unsigned long long>(x)) {}
  ap_int_base(char x) : ap_int_base(static_cast<long long>(x)) {}
  ap_int_base(signed char x) : ap_int_base(static_cast<long long>(x)) {}
  ap_int_base(unsigned char x) : ap_int_base(static_cast<unsigned long long>(x)) {}
  ap_int_base(short x) : ap_int_base(static_cast<long long>(x)) {}
  ap_int_base(unsigned short x) : ap_int_base(static_cast<unsigned long long>(x)) {}
  ap_int_base(int x) : ap_int_base(static_cast<long long>(x)) {}
  ap_int_base(unsigned x) : ap_int_base(static_cast<unsigned long long>(x)) {}
  ap_int_base(long x) : ap_int_base(static_cast<long long>(x)) {}
  ap_int_base(unsigned long x) : ap_int_base(static_cast<unsigned long long>(x)) {}
  ap_int_base(long long x) : ap_int_base(static_cast<unsigned long long>(x)) {}
  ap_int_base(unsigned long long x) : bits(x & mask) {}
  template <int OTHER, bool OTHER_SIGNED>
  ap_int_base(const ap_int_base<OTHER, OTHER_SIGNED> &x) : ap_int_base(x.widest()) {}

  operator long long() const { return widest(); }
  long long widest() const {
    const unsigned long long sign = SIGNED ? 1ull << (BITS - 1) : 0;
    return static_cast<long long>((bits ^ sign) - sign);
  }

private:
  static const unsigned long long mask = ~0ull >> (64 - BITS);
  unsigned long long bits;
};

template <int BITS, bool SIGNED> void operator<<(const ap_int_base<BITS, SIGNED> &, int) = delete;
template <int BITS, bool SIGNED> void operator>>(const ap_int_base<BITS, SIGNED> &, int) = delete;

template <int BITS> struct ap_int : ap_int_base<BITS, true> {
  using ap_int_base<BITS, true>::ap_int_base;
  ap_int() = default;
  template <int OTHER, bool SIGNED> ap_int(const ap_int_base<OTHER, SIGNED> &x) : ap_int_base<BITS, true>(x) {}
};

template <int BITS> struct ap_uint : ap_int_base<BITS, false> {
  using ap_int_base<BITS, false>::ap_int_base;
  ap_uint() = default;
  template <int OTHER, bool SIGNED> ap_uint(const ap_int_base<OTHER, SIGNED> &x) : ap_int_base<BITS, false>(x) {}
};

#endif
