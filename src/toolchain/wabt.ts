/** WebAssembly text → modules, with sections that the text never spells out. */
import { bug } from '../diagnostic.ts';
import type { AssembleWat } from '../recipe.ts';

/** The bytes of the module that a task describes, from sources by name. Text that cannot be assembled is a bug of ours. */
export async function assembleWat(
  { source, data, features, carries }: AssembleWat,
  textOf: (source: string) => string,
): Promise<Uint8Array<ArrayBuffer>> {
  const module = await moduleOf(source, features, textOf(source));
  const sections: Uint8Array[] = [];
  for (const { section, source, features } of carries)
    sections.push(...customSection(section, await moduleOf(source, features, textOf(source))));
  // Like code lies next to like, and small windows of compressors see both.
  return appendData(joined([module, ...sections]), data);
}

async function moduleOf(source: string, features: readonly string[], text: string): Promise<Uint8Array<ArrayBuffer>> {
  const wabt = await assembler();
  const enabled = Object.fromEntries(features.map((feature) => [feature, true]));
  const parsed = assemble(source, () => wabt.parseWat(source, text, enabled));
  try {
    assemble(source, () => parsed.validate());
    const { buffer } = parsed.toBinary({ write_debug_names: false });
    return new Uint8Array(buffer);
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
  const pieces = segments.flatMap(({ head, bytes }) => [Uint8Array.from(head), bytes]);
  return joined([module, ...section(dataSection, [Uint8Array.from(unsigned(data.length)), ...pieces])]);
}

/** A section that engines skip: WebAssembly 2.0, 5.5.3. */
function customSection(name: string, contents: Uint8Array): readonly Uint8Array[] {
  const title = new TextEncoder().encode(name);
  return section(0, [Uint8Array.from(unsigned(title.length)), title, contents]);
}

function section(id: number, parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const size = parts.reduce((total, part) => total + part.length, 0);
  return [Uint8Array.of(id, ...unsigned(size)), ...parts];
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
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
