/** WebAssembly text as nested lists, and how they are laid out on lines. */
import type { Routine } from '../../src/plan/kernel.ts';

/** A word, or a parenthesised list whose first members are words. */
export type Wat = string | readonly Wat[];

/** Columns that a line may take. */
const width = 110;

/** Heads whose lists go on lines of their own, however short they are. */
const blocks: ReadonlySet<string> = new Set(['func', 'loop', 'block', 'then', 'module']);

const flat = (w: Wat): string => (typeof w === 'string' ? w : `(${w.map(flat).join(' ')})`);

const isBlock = (w: Wat): boolean =>
  typeof w !== 'string' && ((typeof w[0] === 'string' && blocks.has(w[0])) || w.some(isBlock));

/** The lines of a list: one line where it fits, otherwise its words first and then each list below them. */
export function lines(w: Wat, indent = ''): readonly string[] {
  const line = indent + flat(w);
  if (typeof w === 'string' || (line.length <= width && !isBlock(w))) return [line];
  const first = w.findIndex((part) => typeof part !== 'string' && part[0] !== 'param' && part[0] !== 'result');
  if (first < 0) return [line];
  const head = `${indent}(${w.slice(0, first).map(flat).join(' ')}`;
  const rest =
    w[0] === 'call'
      ? packed(w.slice(first), `${indent}  `)
      : w.slice(first).flatMap((part) => lines(part, `${indent}  `));
  return [head, ...rest.slice(0, -1), `${rest[rest.length - 1]})`];
}

/** Arguments side by side, as many as a line takes. */
function packed(args: readonly Wat[], indent: string): readonly string[] {
  const done: string[] = [];
  let open = false;
  for (const arg of args) {
    const [first, ...rest] = lines(arg, indent);
    const joined = `${done[done.length - 1]} ${flat(arg)}`;
    if (open && rest.length === 0 && joined.length <= width) done[done.length - 1] = joined;
    else done.push(first, ...rest);
    open = rest.length === 0;
  }
  return done;
}

export const number = (type: 'i32' | 'f32', value: number): Wat => [`${type}.const`, literal(type, value)];

/** A number as the text format spells it; an f32 is the shortest decimal that reads back as the same bits. */
export function literal(type: 'i32' | 'f32', value: number): string {
  if (type === 'i32') return String(value | 0);
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}

/** What a routine is called in text. */
export const identifierOf = ({ name }: Pick<Routine, 'name'>): string => name.replaceAll('-', '_');
