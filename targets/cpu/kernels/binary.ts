/** Functions of pairs of numbers: of values laid out alike, and of panels with what repeats along them. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { BinaryName } from '../../../src/ops/scalar.ts';
import { binaryFunction } from '../../../src/ops/scalar.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { panelsOf, pictureOf, sameLayout, sameShape, storedLength } from '../../../src/tensor/type.ts';
import type { Reads } from '../elementwise.ts';
import { printLoop } from '../elementwise.ts';
import { isPanel, lanes, pictureSize, vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const binary: Kernel = {
  name: 'binary',
  doc: 'functions of pairs of numbers, also one pair of which goes with a whole channel or pixel',

  match({ call: { op }, types, arrays, result: { type, array } }) {
    if (op.kind !== 'binary') return 'not a function of two numbers';
    const alike = (t: TensorType): boolean => sameShape(t.shape, type.shape) && sameLayout(t.layout, type.layout);
    if (alike(types.a) && alike(types.b))
      return { calls: [call(zip(op.fn), { a: arrays.a, b: arrays.b, y: array, count: storedLength(type) })] };
    if (!isPanel(type)) return 'an operand repeats, and the result is not in panels';
    const [a, b] = [alongPanels(types.a, type), alongPanels(types.b, type)];
    if (!a || !b) return 'an operand repeats in another way than by channel, pixel or picture';
    const { images, channels } = pictureOf(type.shape);
    return {
      calls: [
        call(zipPanels(op.fn, a.reads, b.reads), {
          y: array,
          ...steps('a', arrays.a, a),
          ...steps('b', arrays.b, b),
          images,
          panels: panelsOf(type.shape, lanes),
          channels,
        }),
      ],
    };
  },
};

/** How an operand goes with the panels of a result: how far on it is for the next picture, panel and channel. */
interface Along {
  readonly reads: Reads;
  readonly image: number;
  readonly panel: number;
  readonly channel: number;
}

function alongPanels(type: TensorType, result: TensorType): Along | undefined {
  const rank = result.shape.length;
  const shape = [...Array<number>(rank - type.shape.length).fill(1), ...type.shape];
  const { images, pixels, channels } = pictureOf(shape);
  if (isPanel(type)) {
    const among = shape.slice(rank > 2 ? 1 : 0, -1);
    if (type.shape.length !== rank || among.some((d, i) => d !== result.shape[i + (rank > 2 ? 1 : 0)]))
      return undefined;
    const image = images === 1 && pictureOf(result.shape).images > 1 ? 0 : pictureSize(type);
    return { reads: 'each', image, panel: channels * lanes, channel: channels === 1 ? 0 : lanes };
  }
  if (type.layout.kind !== 'plain' || pixels !== 1) return undefined;
  return { reads: 'first', image: images === 1 ? 0 : channels, panel: 0, channel: channels === 1 ? 0 : 1 };
}

const steps = <Name extends 'a' | 'b'>(name: Name, array: Arr, { image, panel, channel }: Along) =>
  ({
    [name]: array,
    [`${name}_image`]: image,
    [`${name}_panel`]: panel,
    [`${name}_channel`]: channel,
  }) as Readonly<Record<Name, Arr> & Record<`${Name}_${'image' | 'panel' | 'channel'}`, number>>;

const zipMembers = 'a b y count' as const;

function zip(fn: BinaryName): CpuRoutine<typeof zipMembers> {
  const name = `zip-${fn}`;
  return {
    ...routine(name, 'zip'),
    view: { ...view(name, fn), loop: loopOf(fn, 'count', 'each', 'each', '  ') },
    members: zipMembers,
  };
}

const panelMembers = 'a b y a_image a_panel a_channel b_image b_panel b_channel images panels channels' as const;

function zipPanels(fn: BinaryName, a: Reads, b: Reads): CpuRoutine<typeof panelMembers> {
  const name = `zip-panels-${fn}-${a}-${b}`;
  return {
    ...routine(name, 'zip-panels'),
    view: { ...view(name, fn), loop: loopOf(fn, lanes, a, b, '        ') },
    members: panelMembers,
  };
}

const loopOf = (fn: BinaryName, count: string | number, a: Reads, b: Reads, indent: string): string =>
  printLoop(count, { a, b }, ([left, right]) => binaryFunction(fn).lower(left, right), indent);

const view = (name: string, fn: BinaryName) => ({ name: name.replaceAll('-', '_'), fn });

const routine = (name: string, stem: string) => ({
  name,
  template: `cpu/kernels/${stem}.c.hbs`,
  needs: [vector, structOf(stem)],
  struct: stem.replaceAll('-', '_'),
});

const structOf = (stem: string): Routine => ({
  name: `${stem}-struct`,
  template: `cpu/kernels/${stem}-struct.c.hbs`,
  view: {},
  needs: [],
});
