/** Pictures whose pixels are pixels of another: other sizes, borders, parts, repetitions, channels spread out. */
import { bug } from '../../../src/diagnostic.ts';
import type { Op } from '../../../src/ops/index.ts';
import { rulesOf } from '../../../src/ops/index.ts';
import type { Resize } from '../../../src/ops/resize.ts';
import { placesOf } from '../../../src/ops/resize.ts';
import type { Kernel, KernelMatch, KernelSite, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import { tensor } from '../../../src/tensor/type.ts';
import { isPanels, lanes, panelBytes, pictureBytes, rowBytes } from '../panels.ts';
import type { Picture } from './slide.ts';

export const pixels: Kernel = {
  name: 'pixels',
  doc: 'resize, pad, slice and tile along height and width, and depth-to-space, on panels',

  match(site) {
    const { call, types, result } = site;
    const { x } = types;
    if (!moves.has(call.op.kind)) return 'does not move pixels';
    if (!isPanels(x) || !isPanels(result.type)) return 'does not go from panels to panels';
    if (x.shape[0] !== result.type.shape[0]) return 'changes how many pictures there are';
    const { op } = call;
    if (op.kind === 'resize' && op.method === 'bilinear') return blended(site, op);
    if (op.kind === 'depth-to-space') return spread(site, op.block);
    if (x.shape[3] !== result.type.shape[3]) return 'changes the channels';
    if (
      op.kind === 'slice' &&
      [0, 3].some((axis) => op.begin[axis] !== 0 || (x.shape[axis] > 1 && op.step[axis] !== 1))
    )
      return 'moves pictures or channels';
    const place = (axis: 1 | 2): readonly number[] => placesAlong(op, axis, x.shape[axis]);
    const [down, across] = [place(1), place(2)];
    return picked(
      site,
      down.map((i) => [i < 0 ? outside : i * x.shape[2], 0]),
      across.map((i) => [i < 0 ? outside : i, 0]),
      op.kind === 'pad' ? op.value : 0,
    );
  },
};

const moves: ReadonlySet<Op['kind']> = new Set(['resize', 'pad', 'slice', 'tile', 'depth-to-space']);

/** Negative, also after a row's or a column's pixels are added to it. */
const outside = -(2 ** 30);

/** A pixel of x, and the bytes from its first channel to the first that is taken. */
type Pair = readonly [pixel: number, bytes: number];

const pick: Routine = {
  name: 'pick-pixels',
  template: 'wasm/kernels/pick-pixels.wat.hbs',
  view: { lanes, row: rowBytes },
  needs: [],
};

const blend: Routine = {
  name: 'blend-pixels',
  template: 'wasm/kernels/blend-pixels.wat.hbs',
  view: { lanes, row: rowBytes },
  needs: [],
};

interface Picked {
  readonly x: Picture;
  readonly y: Picture;
  readonly pack: KernelSite['pack'];
  /** For each row and each column of y, where in x it is. */
  readonly down: readonly Pair[];
  readonly across: readonly Pair[];
  /** Where it is nowhere. */
  readonly value: number;
}

/** Copies pixels of x to y. */
export function pickCall({ x, y, pack, down, across, value }: Picked): RoutineCall {
  const table = (hint: string, pairs: readonly Pair[]) => pack(hint, Int32Array.from(pairs.flat())).array;
  const [, oh, ow, c] = y.type.shape;
  const places = [x.array, y.array, table('down', down), table('across', across), oh, ow, c, panelBytes(x.type)];
  const pictures = [x.type.shape[0], pictureBytes(x.type), pictureBytes(y.type)];
  return { routine: pick, args: [...places, ...pictures, { f32: value }] };
}

function picked(site: KernelSite, down: readonly Pair[], across: readonly Pair[], value: number): KernelMatch {
  const { types, arrays, result, pack } = site;
  const x = { array: arrays.x, type: types.x };
  return { calls: [pickCall({ x, y: result, pack, down, across, value })] };
}

function spread(site: KernelSite, block: number): KernelMatch {
  const [, , w] = site.types.x.shape;
  const [, oh, ow, depth] = site.result.type.shape;
  const bytes = depth * rowBytes;
  return picked(
    site,
    Array.from({ length: oh }, (_, i): Pair => [Math.floor(i / block) * w, (i % block) * block * bytes]),
    Array.from({ length: ow }, (_, i): Pair => [Math.floor(i / block), (i % block) * bytes]),
    0,
  );
}

function blended({ types, arrays, result, pack }: KernelSite, op: Resize): KernelMatch {
  const { x } = types;
  const [, oh, ow] = result.type.shape;
  const table = (hint: string, axis: 1 | 2, scale: number) => {
    const all = placesOf(op, x.shape[axis], result.type.shape[axis]);
    const words = new Int32Array(3 * all.length);
    const numbers = new Float32Array(words.buffer);
    all.forEach(({ first, second, share }, i) => {
      words.set([first * scale, second * scale], 3 * i);
      numbers[3 * i + 2] = share;
    });
    return pack(hint, words).array;
  };
  const tables = [table('down', 1, x.shape[2]), table('across', 2, 1)];
  const pictures = [x.shape[0], pictureBytes(x), pictureBytes(result.type)];
  return {
    calls: [{ routine: blend, args: [arrays.x, result.array, ...tables, oh, ow, panelBytes(x), ...pictures] }],
  };
}

/** The op on a picture that is one pixel wide the other way, with `numbers` along the axis. */
function alongAxis(op: Op, axis: 1 | 2, numbers: readonly number[]): readonly number[] {
  const shape = [1, 1, 1, 1].with(axis, numbers.length);
  const narrow = narrowed(op, axis);
  const x = tensor('f32', shape);
  const type = rulesOf(narrow).infer(narrow, { x });
  if (typeof type === 'string') return bug(`"${op.kind}" ${type}`);
  return Array.from(rulesOf(narrow).evaluate(narrow, { x: { type: x, data: Float32Array.from(numbers) } }, type));
}

/** The op as it is along one axis of a picture, and doing nothing along the others. */
function narrowed(op: Op, axis: 1 | 2): Op {
  const only = (values: readonly number[], neutral: number): readonly number[] =>
    values.map((v, i) => (i === axis ? v : neutral));
  switch (op.kind) {
    case 'resize':
      return { ...op, size: op.size.map((s, i) => (i + 1 === axis ? s : 1)) };
    case 'pad':
      return { ...op, before: only(op.before, 0), after: only(op.after, 0), value: -1 };
    case 'slice':
      return { ...op, begin: only(op.begin, 0), size: only(op.size, 1), step: only(op.step, 1) };
    case 'tile':
      return { ...op, repeats: only(op.repeats, 1) };
    default:
      return bug(`"${op.kind}" does not move pixels along an axis`);
  }
}

/** Which input coordinate stands at each output coordinate, -1 for none. Whole numbers to 2^24 are exact in f32. */
const placesAlong = (op: Op, axis: 1 | 2, size: number): readonly number[] =>
  alongAxis(
    op,
    axis,
    Array.from({ length: size }, (_, i) => i),
  );
