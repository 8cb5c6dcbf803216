/** Builds for CPUs, and by compilers, that the fast tests leave out. */
import { lawsOf } from '../cpu-laws.ts';

lawsOf([
  'x86-64 by gcc, as it is written',
  'x86-64 with AVX2 by gcc',
  'this CPU by clang',
  'RISC-V',
  'RISC-V with vectors by clang',
]);
