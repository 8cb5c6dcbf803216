import { bitmask } from './bitmask.ts';
import { block } from './block.ts';
import { csr } from './csr.ts';
import { dense } from './dense.ts';
import type { Format } from './format.ts';
import { gs } from './gs.ts';
import { nm } from './nm.ts';
import { pattern } from './pattern.ts';
import { punched } from './punched.ts';
import { smartdeal } from './smartdeal.ts';
import { stretched } from './stretched.ts';
import { union } from './union.ts';
import { vec } from './vec.ts';

/** Every storage format. Dense comes first, so it wins ties. */
export const formats: readonly Format[] = [
  dense,
  csr,
  bitmask,
  block,
  nm,
  vec,
  punched,
  pattern,
  gs,
  stretched,
  union,
  smartdeal,
] as readonly Format[];

export const formatNamed = (name: string): Format | undefined => formats.find((f) => f.name === name);
