/** Graph → plan: every value gets an array, every call becomes a step. */
import { bug } from '../diagnostic.ts';
import { formatNamed } from '../formats/index.ts';
import type { Call, Graph, Id, Node } from '../graph/graph.ts';
import { nodesById, operandsOf } from '../graph/graph.ts';
import { printNode } from '../graph/print.ts';
import { weightsOfCall } from '../graph/weights.ts';
import type { Arr } from '../loop/loop.ts';
import { rulesOf } from '../ops/index.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { dtypeOf } from '../tensor/numbers.ts';
import { storedLength } from '../tensor/type.ts';
import { aliases } from './alias.ts';
import { placeArrays } from './arena.ts';
import type { Kernel, KernelSite, Refused } from './kernel.ts';
import { lifetimesOf } from './lifetimes.ts';
import type { Plan, PlanConstant, Port, Step } from './plan.ts';

/** Kernels are asked in order, and the first that takes a step has it; without any, every step is its loops. */
export function lower(graph: Graph, kernels: readonly Kernel[]): Plan {
  const byId = nodesById(graph);
  const shared = aliases(graph);
  const name = uniqueNames();
  const arrays = new Map<Id, Arr>();
  const constants = new Map<Arr, PlanConstant>();
  const inputs: Port[] = [];
  const outputs: Port[] = [];
  const outputName = new Map(graph.outputs.map((o) => [shared.get(o.id) ?? o.id, o.name]));

  for (const node of graph.nodes) {
    const { id, type } = node;
    if (shared.has(id)) continue;
    const array: Arr = { name: name(id), dtype: type.dtype, length: storedLength(type) };
    arrays.set(id, array);
    if (node.kind === 'constant') constants.set(array, { array, data: node.data });
    if (node.kind === 'input') inputs.push({ name: node.name, type, array });
  }
  for (const [id, root] of shared)
    arrays.set(id, arrays.get(root) ?? bug(`%${id} shares the array of %${root}, which has none`));
  for (const { name: given, id } of graph.outputs) {
    const { type } = byId.get(id) ?? bug(`output "${given}" is not defined`);
    outputs.push({ name: given, type, array: arrays.get(id) ?? bug(`output "${given}" has no array`) });
  }
  if (outputName.size !== graph.outputs.length || new Set(outputs.map((o) => o.array)).size !== outputs.length)
    bug('two outputs share an array');

  const builder: Builder = { byId, kernels, name, arrays, constants };
  const steps = graph.nodes.flatMap((node) =>
    node.kind === 'call' && !shared.has(node.id) ? [lowerCall(node, builder)] : [],
  );
  const used = new Set(steps.flatMap((s) => s.reads));
  const outside = new Set([...inputs, ...outputs].map((p) => p.array));
  return {
    name: graph.name,
    inputs,
    outputs,
    constants: [...constants.values()].filter((c) => used.has(c.array)),
    arena: placeArrays(lifetimesOf(steps, (a) => outside.has(a) || constants.has(a))),
    steps,
  };
}

interface Builder {
  readonly byId: ReadonlyMap<Id, Node>;
  readonly kernels: readonly Kernel[];
  readonly name: (hint: string) => string;
  readonly arrays: ReadonlyMap<Id, Arr>;
  readonly constants: Map<Arr, PlanConstant>;
}

function lowerCall(call: Call, builder: Builder): Step {
  const { byId, kernels, arrays } = builder;
  const arrayOf = (id: Id): Arr => arrays.get(id) ?? bug(`no array for %${id}`);
  const operands = operandsOf(call, byId);
  const mine = Object.fromEntries(Object.entries(operands).map(([operand, node]) => [operand, arrayOf(node.id)]));
  const types = Object.fromEntries(Object.entries(operands).map(([operand, node]) => [operand, node.type]));
  const result = { type: call.type, array: arrayOf(call.id) };
  const weights = weightsOfCall(call, byId);
  const refused: Refused[] = [];
  const common = { call, line: printNode(call), refused };

  for (const kernel of kernels) {
    const extra = extraArrays(call, builder);
    const constant = (operand: string): Numbers | undefined => {
      const node = operands[operand];
      return node?.kind === 'constant' ? node.data : undefined;
    };
    const site: KernelSite = {
      call,
      types,
      arrays: mine,
      result,
      weights,
      constant,
      pack: extra.pack,
      scratch: extra.scratch,
    };
    const match = kernel.match(site);
    if (typeof match === 'string') {
      refused.push({ kernel: kernel.name, reason: match });
      continue;
    }
    const passed = new Set(
      match.calls.flatMap(({ args }) => args.filter((a): a is Arr => typeof a === 'object' && 'dtype' in a)),
    );
    extra.commit(passed);
    const written = new Set([result.array, ...extra.scratches]);
    return {
      ...common,
      reads: [...passed].filter((a) => !written.has(a)),
      writes: [...written],
      work: { kind: 'routines', kernel: kernel.name, calls: match.calls },
    };
  }

  const { lower: loops } = rulesOf(call.op);
  const walk = (): never => bug(`"${call.op.kind}" has no weights to walk`);
  if (!weights) {
    const body = loops(call.op, { types, arrays: mine, result, walk });
    return { ...common, reads: Object.values(mine), writes: [result.array], work: { kind: 'loops', body } };
  }
  const { encoding } = weights.constant.type;
  const format = formatNamed(encoding.format) ?? bug(`unknown format "${encoding.format}"`);
  const packed = format.pack(weights.matrix, encoding.params);
  const parts: Record<string, Arr> = {};
  for (const [part, data] of Object.entries(packed.parts))
    parts[part] = keep(builder, `${call.id}_${part}`, data).array;
  const { rows, columns, run } = weights.matrix;
  const body = loops(call.op, {
    types,
    arrays: mine,
    result,
    walk: (row, visit) => format.walk({ rows, columns, run, parts }, encoding.params, row, visit),
  });
  const { weights: _dense, ...others } = mine;
  return {
    ...common,
    reads: [...Object.values(others), ...Object.values(parts)],
    writes: [result.array],
    work: { kind: 'loops', body },
  };
}

function keep({ name, constants }: Builder, hint: string, data: Numbers): PlanConstant {
  const constant: PlanConstant = { array: { name: name(hint), dtype: dtypeOf(data), length: data.length }, data };
  constants.set(constant.array, constant);
  return constant;
}

/** The arrays that a kernel asks for, which count only if it takes the step. */
function extraArrays(call: Call, { name, constants }: Builder) {
  const packed: PlanConstant[] = [];
  const scratches: Arr[] = [];
  const pack: KernelSite['pack'] = (hint, data, stored) => {
    const array: Arr = { name: name(`${call.id}_${hint}`), dtype: dtypeOf(data), length: data.length };
    const constant: PlanConstant = { array, data, ...(stored && { stored }) };
    packed.push(constant);
    return constant;
  };
  const scratch: KernelSite['scratch'] = (hint, dtype, length) => {
    const array: Arr = { name: name(`${call.id}_${hint}`), dtype, length };
    scratches.push(array);
    return array;
  };
  const commit = (passed: ReadonlySet<Arr>): void => {
    for (const constant of packed) if (passed.has(constant.array)) constants.set(constant.array, constant);
  };
  return { pack, scratch, scratches, commit };
}

/** Names for arrays that no other array has, and that no language reserves: they all begin with `v_`. */
function uniqueNames(): (hint: string) => string {
  const taken = new Set<string>();
  return (hint) => {
    const stem = `v_${hint}`;
    let name = stem;
    for (let n = 1; taken.has(name); n++) name = `${stem}_${n}`;
    taken.add(name);
    return name;
  };
}
