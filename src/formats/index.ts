import { bitmask } from './bitmask.ts';
import { block } from './block.ts';
import { coded } from './coded.ts';
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

const listed = [
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

/** Every storage format, each with and without codes. Dense comes first, so it wins ties. */
export const formats: readonly Format[] = listed.map(coded);

export const formatNamed = (name: string): Format | undefined => formats.find((f) => f.name === name);
