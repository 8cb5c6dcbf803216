/** What targets that print C have in common: types, numbers, the ports of a network as members of structs, names of build targets. */
import { quoted } from '../src/graph/print.ts';
import type { Scalar } from '../src/loop/loop.ts';
import type { Port } from '../src/plan/plan.ts';
import type { DType } from '../src/tensor/type.ts';
import { elements, printShape } from '../src/tensor/type.ts';
import { identifiers } from './identifiers.ts';

export const ctype: Readonly<Record<DType, string>> = {
  f32: 'float',
  f16: 'uint16_t',
  bf16: 'uint16_t',
  i32: 'int32_t',
  u32: 'uint32_t',
  i16: 'int16_t',
  u16: 'uint16_t',
  i8: 'int8_t',
  u8: 'uint8_t',
};

/** Inputs and outputs as C sees them: members of two structs. */
export interface CPort {
  readonly port: Port;
  readonly member: string;
  readonly type: string;
  readonly length: string;
  readonly numbers: number;
  readonly shape: string;
  readonly quoted: string;
}

export function cPorts(ports: readonly Port[], prefix: string): readonly CPort[] {
  const members = identifiers(ports.map((p) => p.name));
  return ports.map((port, i) => ({
    port,
    member: members[i],
    type: ctype[port.array.dtype],
    length: `${prefix}_${members[i]}_LENGTH`,
    numbers: elements(port.type.shape),
    shape: printShape(port.type.shape) || 'one number',
    quoted: quoted(port.name),
  }));
}

export function printNumber(value: number, type: Scalar): string {
  if (type === 'i32') return value === -(2 ** 31) ? '(-2147483647 - 1)' : value < 0 ? `(${value})` : String(value);
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value < 0 ? '(-INFINITY)' : 'INFINITY';
  const digits = shortest(value);
  const literal = `${/[.e]/.test(digits) ? digits : `${digits}.0`}f`;
  return literal.startsWith('-') ? `(${literal})` : literal;
}

/** The fewest decimal digits that read back as the same float. */
function shortest(value: number): string {
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}

/** Words that CMake keeps for targets of its own. */
const reservedTargets: ReadonlySet<string> = new Set(
  'all clean depend edit_cache help install install_local install_strip package package_source rebuild_cache test'.split(
    ' ',
  ),
);

/** What CMake calls the library of a network. */
export const cmakeTarget = (name: string): string => (reservedTargets.has(name.toLowerCase()) ? `${name}_model` : name);
