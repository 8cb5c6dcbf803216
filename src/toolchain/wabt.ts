/** WebAssembly text → modules, with data segments that the text never spells out. */
import { bug } from '../diagnostic.ts';
import type { AssembleWat } from '../recipe.ts';

/** The bytes of the module that a task describes, whose text is given. Text that cannot be assembled is a bug of ours. */
export async function assembleWat(
  { source, data, features }: AssembleWat,
  text: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const wabt = await assembler();
  const enabled = Object.fromEntries(features.map((feature) => [feature, true]));
  const parsed = assemble(source, () => wabt.parseWat(source, text, enabled));
  try {
    assemble(source, () => parsed.validate());
    const { buffer } = parsed.toBinary({ write_debug_names: false });
    return appendData(new Uint8Array(buffer), data);
  } finally {
    parsed.destroy();
  }
}

/** The assembler is a module of its own, which takes longer to start than to use. */
const assembler = once(async () => (await import('wabt')).default());

function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= start());
}

function assemble<T>(source: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    return bug(`"${source}" does not assemble: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The module with one active segment for each piece of data, in a section behind its last. */
export function appendData(
  module: Uint8Array<ArrayBuffer>,
  data: readonly { readonly offset: number; readonly bytes: Uint8Array<ArrayBuffer> }[],
): Uint8Array<ArrayBuffer> {
  if (data.length === 0) return module;
  // Memory 0, at a constant i32 that ends with `end`: WebAssembly 2.0, 5.5.14.
  const segments = data.map(({ offset, bytes }) => ({
    head: [0x00, 0x41, ...signed(offset | 0), 0x0b, ...unsigned(bytes.length)],
    bytes,
  }));
  const count = unsigned(data.length);
  const size = segments.reduce((total, { head, bytes }) => total + head.length + bytes.length, count.length);
  const section = [dataSection, ...unsigned(size), ...count];
  const out = new Uint8Array(module.length + section.length + size - count.length);
  out.set(module);
  out.set(section, module.length);
  let at = module.length + section.length;
  for (const { head, bytes } of segments) {
    out.set(head, at);
    out.set(bytes, at + head.length);
    at += head.length + bytes.length;
  }
  return out;
}

const dataSection = 11;

/** LEB128. */
function unsigned(value: number): readonly number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) | 128, ...unsigned(rest)];
}

/** Signed LEB128: the last byte's bit 6 is the sign. */
function signed(value: number): readonly number[] {
  const low = value & 127;
  const rest = value >> 7;
  const done = (rest === 0 && !(low & 64)) || (rest === -1 && (low & 64) !== 0);
  return done ? [low] : [low | 128, ...signed(rest)];
}
