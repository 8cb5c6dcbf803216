/** One call of a graph → one step of its plan: the first kernel that takes it, or its loops. */
import { bug } from '../diagnostic.ts';
import { dense } from '../formats/dense.ts';
import { formatNamed } from '../formats/index.ts';
import type { Bounds } from '../graph/bounds.ts';
import type { Call, Id, Node } from '../graph/graph.ts';
import { operandsOf } from '../graph/graph.ts';
import { printNode } from '../graph/print.ts';
import type { Weights } from '../graph/weights.ts';
import { weightsOfCall } from '../graph/weights.ts';
import type { Arr } from '../loop/loop.ts';
import { rulesOf } from '../ops/index.ts';
import type { Site, Types } from '../ops/rules.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { dtypeOf, zeros } from '../tensor/numbers.ts';
import type { Kernel, KernelSite, Reading, Refused } from './kernel.ts';
import type { PlanConstant, Step } from './plan.ts';

/** What the steps of one plan share. */
export interface Builder {
  readonly byId: ReadonlyMap<Id, Node>;
  readonly kernels: readonly Kernel[];
  /** A name that no other array has. */
  readonly name: (hint: string) => string;
  readonly arrays: ReadonlyMap<Id, Arr>;
  readonly constants: Map<Arr, PlanConstant>;
  readonly bounds: (id: Id) => Bounds | undefined;
  /** Whether one step alone reads a value, and no caller. */
  readonly isOwn: (id: Id) => boolean;
  /** Parts of packed weights, by what they were packed from: calls that share weights share them. */
  readonly packed: Map<string, Readonly<Record<string, Arr>>>;
}

type Work = Pick<Step, 'reads' | 'writes' | 'work'>;

/** What a kernel may know of a call before it takes it. */
export function readingOf(call: Call, builder: Omit<Builder, 'packed' | 'constants'>): Reading {
  const { byId, arrays, bounds, isOwn } = builder;
  const arrayOf = (id: Id): Arr => arrays.get(id) ?? bug(`no array for %${id}`);
  const nodes = operandsOf(call, byId);
  const entries = Object.entries(nodes);
  let known: Pick<Reading, 'weights'> | undefined;
  return {
    call,
    types: Object.fromEntries(entries.map(([operand, node]) => [operand, node.type])),
    arrays: Object.fromEntries(entries.map(([operand, node]) => [operand, arrayOf(node.id)])),
    result: { type: call.type, array: arrayOf(call.id) },
    // Most who read a call have no use for its weights, which are copied.
    get weights() {
      known ??= { weights: weightsOfCall(call, byId) };
      return known.weights;
    },
    constant(operand) {
      const node = nodes[operand];
      return node?.kind === 'constant' ? node.data : undefined;
    },
    bounds(operand) {
      const node = nodes[operand];
      return node && bounds(node.id);
    },
    behind(operand) {
      const node = nodes[operand];
      return node?.kind === 'call' && isOwn(node.id) ? readingOf(node, builder) : undefined;
    },
  };
}

/** The step of a call, and of those that its kernel computes with it. */
export function lowerCall(call: Call, builder: Builder, absorbed: readonly Call[] = []): Step {
  const operands = readingOf(call, builder);
  const refused: Refused[] = [];
  const step = { call, line: printNode(call), ...(absorbed.length > 0 && { absorbed }) };
  for (const kernel of builder.kernels) {
    const work = takenBy(kernel, operands, builder);
    if (typeof work !== 'string') return { ...step, refused, ...work };
    refused.push({ kernel: kernel.name, reason: work });
  }
  if (absorbed.length > 0) bug(`%${call.id} takes in other calls, and has no kernel`);
  return { ...step, refused, ...loopsOf(operands, builder) };
}

function takenBy(kernel: Kernel, reading: Reading, { name, constants }: Builder): Work | string {
  const { call, types, result } = reading;
  const all = { ...types, result: result.type };
  const fault = (kernel.integers ? undefined : notReal(all)) ?? (kernel.pieces ? undefined : inPieces(all));
  if (fault !== undefined) return fault;
  const packed: PlanConstant[] = [];
  const scratches: Arr[] = [];
  const site: KernelSite = {
    ...reading,
    pack(hint, data, stored) {
      const constant: PlanConstant = { ...constantOf(name(`${call.id}_${hint}`), data), ...(stored && { stored }) };
      packed.push(constant);
      return constant;
    },
    scratch(hint, dtype, length) {
      const array: Arr = { name: name(`${call.id}_${hint}`), dtype, length };
      scratches.push(array);
      return array;
    },
  };
  const match = kernel.match(site);
  if (typeof match === 'string') return match;
  const passed = new Set(match.calls.flatMap(({ args }) => args.filter(isArray)));
  for (const constant of packed) if (passed.has(constant.array)) constants.set(constant.array, constant);
  const written = new Set([result.array, ...scratches.filter((array) => passed.has(array))]);
  return {
    reads: [...passed].filter((array) => !written.has(array)),
    writes: [...written],
    work: { kind: 'routines', kernel: kernel.name, calls: match.calls },
  };
}

/** Why a kernel that computes with f32 alone is not asked. */
function notReal(types: Types): string | undefined {
  const found = Object.entries(types).find(([, { dtype }]) => dtype !== 'f32');
  return found && `takes f32 and is given ${found[1].dtype} as "${found[0]}"`;
}

/** Why a kernel that knows no pieces is not asked. */
function inPieces(types: Types): string | undefined {
  const found = Object.entries(types).find(([, { layout }]) => layout.kind === 'pieces');
  return found && `takes no numbers in pieces and is given "${found[0]}" so`;
}

const isArray = (argument: Arr | number | object): argument is Arr =>
  typeof argument === 'object' && 'dtype' in argument;

function loopsOf({ call, types, arrays, result, weights }: Reading, builder: Builder): Work {
  const { lower, columns } = rulesOf(call.op);
  const work = (reads: readonly Arr[], walk: Site['walk']): Work => ({
    reads: [...new Set(reads)],
    writes: [result.array],
    work: { kind: 'loops', body: lower(call.op, { types, arrays, result, walk }) },
  });
  if (weights) {
    const { matrix, constant } = weights;
    const { format, params } = constant.type.encoding;
    const { walk } = formatNamed(format) ?? bug(`unknown format "${format}"`);
    const parts = partsOf(weights, builder);
    const { weights: _packed, ...others } = arrays;
    return work([...Object.values(others), ...Object.values(parts)], (row, visit) =>
      walk({ ...matrix, parts }, params, row, visit),
    );
  }
  const all = Object.values(arrays);
  if (!columns || !types.weights) return work(all, () => bug(`"${call.op.kind}" has no weights to walk`));
  // Weights that are computed lie as they are.
  const view = columns(call.op, types.weights);
  const place = { ...view, rows: arrays.weights.length / view.columns, parts: { val: arrays.weights } };
  return work(all, (row, visit) => dense.walk(place, {}, row, visit));
}

function partsOf({ matrix, constant }: Weights, builder: Builder): Readonly<Record<string, Arr>> {
  const { encoding } = constant.type;
  const key = [constant.id, matrix.rows, matrix.columns, matrix.run].join(' ');
  const known = builder.packed.get(key);
  if (known) return known;
  const format = formatNamed(encoding.format) ?? bug(`unknown format "${encoding.format}"`);
  const { parts } = format.pack(matrix, encoding.params);
  const made = Object.fromEntries(
    Object.entries(parts).map(([part, data]) => [part, keep(builder, `${constant.id}_${part}`, data)]),
  );
  builder.packed.set(key, made);
  return made;
}

function keep({ name, constants }: Builder, hint: string, packed: Numbers): Arr {
  const constant = constantOf(name(hint), packed);
  constants.set(constant.array, constant);
  return constant.array;
}

/** No language has arrays of no elements, so one that would be empty has one. */
function constantOf(name: string, packed: Numbers): PlanConstant {
  const dtype = dtypeOf(packed);
  const data = packed.length > 0 ? packed : zeros(dtype, 1);
  return { array: { name, dtype, length: data.length }, data };
}
