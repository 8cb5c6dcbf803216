/** What an engine multiplies and adds at most, in loops that do nothing else. */
import { assembleWat } from '../../src/toolchain/wabt.ts';
import type { InstructionSet } from '../../targets/wasm/instructions.ts';

/** Multiply-adds of one call of a probe, in vectors of four. */
const work = 240_000;

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** Twelve sums that are multiplied as well: no loads, and about as many as hide how long both take. */
function inRegisters({ words: { madd, plus } }: InstructionSet) {
  const sums = range(12);
  return {
    sums,
    prepare: '(local.set $s (f32x4.splat (f32.const 0.5))) (local.set $v (local.get $s))',
    turn: sums.map((i) => `(local.set $a${i} (${madd} (local.get $a${i}) (local.get $s)${plus} (local.get $v)))`),
  };
}

/** Eight sums of products of two vectors from memory and four that are there. */
function fromMemory({ words: { madd, plus } }: InstructionSet) {
  const sums = range(8);
  return {
    sums,
    prepare: range(4)
      .map((i) => `(local.set $s${i} (v128.load offset=${16 * i} (local.get $n)))`)
      .join(' '),
    turn: [
      ...['(local.set $v (v128.load (local.get $n)))', '(local.set $s (v128.load offset=16 (local.get $n)))'],
      ...sums.map(
        (i) =>
          `(local.set $a${i} (${madd} (local.get ${i % 2 === 0 ? '$v' : '$s'}) (local.get $s${i >> 1})${plus} (local.get $a${i})))`,
      ),
    ],
  };
}

/** Multiply-adds a nanosecond at most; `time` gives the nanoseconds of a call. */
export async function probeOf(set: InstructionSet, time: (run: () => void) => number): Promise<() => number> {
  const probes = [inRegisters(set), fromMemory(set)];
  const runs: (() => void)[] = [];
  for (const { sums, prepare, turn } of probes) {
    const total = sums.slice(1).reduce((sum, i) => `(f32x4.add ${sum} (local.get $a${i}))`, '(local.get $a0)');
    const locals = [...sums.map((i) => `$a${i}`), ...range(4).map((i) => `$s${i}`), '$v', '$s'];
    const text = `(module (memory 1)
      (func (export "run") (result f32) (local $n i32) ${locals.map((name) => `(local ${name} v128)`).join(' ')}
        ${prepare}
        (local.set $n (i32.const ${work / sums.length}))
        (loop $turn
          ${turn.join('\n          ')}
          (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (f32x4.extract_lane 0 ${total})))`;
    const task = { kind: 'assemble-wat', source: 'probe.wat', output: 'probe.wasm', data: [], carries: [] } as const;
    const bytes = await assembleWat({ ...task, features: set.features }, () => text);
    runs.push((await WebAssembly.instantiate(bytes)).instance.exports.run as () => void);
  }
  let best = 0;
  return () => {
    for (const run of runs) best = Math.max(best, (4 * work) / time(run));
    return best;
  };
}
