/**
 * A graph of real numbers → one that computes with whole numbers wherever it can. Node by node: a row of the table makes a
 * call of whole numbers, or says why the call stays real. Between the two stand `quantize` and `dequantize`.
 */
import type { Report } from '../diagnostic.ts';
import { bug } from '../diagnostic.ts';
import type { Call, Graph, Id, Node } from '../graph/graph.ts';
import { dropUnused } from '../graph/rewrite.ts';
import type { Kind } from '../ops/index.ts';
import { tensor } from '../tensor/type.ts';
import type { Form, Target } from './form.ts';
import { layer } from './rows-layers.ts';
import { resize, softmax } from './rows-mixing.ts';
import { dequantise, givenReal, move, quantise } from './rows-moves.ts';
import { lessZero, ownLayer } from './rows-own.ts';
import { binary, concat, pool, reduce } from './rows-sums.ts';
import { batchNorm, unary } from './rows-tables.ts';
import type { ConvertedLayer, Row, Site } from './site.ts';
import { integers, originIn, wholeCall } from './site.ts';
import { sourceOf, targetOf } from './source.ts';

export interface Conversion {
  readonly graph: Graph;
  /** In the order of the graph. */
  readonly layers: readonly ConvertedLayer[];
  readonly islands: readonly Island[];
  /** By the id of a value of the source graph: the whole numbers that stand for it. */
  readonly forms: ReadonlyMap<Id, Form>;
}

/** A call that stays one of real numbers. */
export interface Island {
  readonly call: Call;
  /** The rest of a sentence about it. */
  readonly reason: string;
}

export interface ConvertOptions {
  readonly rounded: Site['rounded'];
  readonly target: Site['target'];
  /** Whether only what the model itself quantises becomes whole. */
  readonly own: boolean;
}

/** What becomes of real numbers; those not named stay as they are. */
const rows: Partial<Readonly<Record<Kind, Row>>> = {
  'batch-norm': batchNorm,
  binary,
  concat,
  conv2d: layer,
  'depth-to-space': move,
  dequantize: dequantise,
  gather: move,
  linear: layer,
  pad: move,
  pool2d: pool,
  reduce,
  reshape: move,
  resize,
  slice: move,
  softmax,
  'space-to-depth': move,
  tile: move,
  transpose: move,
  unary,
};

/** What becomes of whole numbers that a model computes with itself. */
const wholeRows: Partial<Readonly<Record<Kind, Row>>> = {
  binary: lessZero,
  concat,
  conv2d: ownLayer,
  'depth-to-space': move,
  gather: move,
  linear: ownLayer,
  matmul: ownLayer,
  pad: move,
  pool2d: pool,
  quantize: quantise,
  reshape: move,
  resize: move,
  slice: move,
  'space-to-depth': move,
  tile: move,
  transpose: move,
};

/** Undefined after a report. */
export function convert(graph: Graph, options: ConvertOptions, report: Report): Conversion | undefined {
  const source = sourceOf(graph);
  const taken = new Set(graph.nodes.map((n) => n.id));
  const nodes: Node[] = [];
  const there = new Set<Id>();
  const forms = new Map<Id, Form>();
  const real = new Map<Id, Id>();
  const absorbed = new Set<Id>();
  const layers: ConvertedLayer[] = [];
  const islands: Island[] = [];
  let failed = false;

  const emit = (node: Node): Id => {
    nodes.push(node);
    there.add(node.id);
    return node.id;
  };
  const fresh = (stem: string): Id => {
    let id = stem;
    for (let n = 1; taken.has(id); n++) id = `${stem}_${n}`;
    taken.add(id);
    return id;
  };
  const nodeOf = (id: Id): Node => source.byId.get(id) ?? bug(`%${id} is not defined`);

  const numbers = (stem: string, value: number, like: Node): Id => {
    const data = Float32Array.of(value);
    return emit({ kind: 'constant', id: fresh(stem), type: tensor('f32', [1]), data, ...originIn(like) });
  };
  const enter: Site['enter'] = (x, like, aim, id) => {
    const { shape } = like.type;
    const operands = [x, numbers(`${id}_scale`, aim.scale, like), integers(site, `${id}_zero`, [1], [aim.zero], like)];
    const op = { kind: 'quantize', axis: -1, low: aim.low, high: aim.high } as const;
    return { ...aim, id: wholeCall(site, like, { op, inputs: operands, shape, id }, aim) };
  };
  /** As the source graph has it: real numbers, or whole ones. */
  const plain = (id: Id): Id => {
    const node = nodeOf(id);
    const form = forms.get(id);
    if (node.kind === 'constant' && !there.has(id)) emit(node);
    if (!form) return there.has(id) ? id : bug(`%${id} is neither real nor whole`);
    const known = real.get(id);
    if (known !== undefined) return known;
    const made = node.type.dtype === 'f32' ? leave(node, form) : form.minus === 0 ? form.id : lessMinus(node, form);
    real.set(id, made);
    return made;
  };
  const leave = (node: Node, { id, scale, zero }: Form): Id => {
    const stem = fresh(`${node.id}_real`);
    const operands = [
      id,
      numbers(`${node.id}_scale`, scale, node),
      integers(site, `${node.id}_zero`, [1], [zero], node),
    ];
    const op = { kind: 'dequantize', axis: -1 } as const;
    const type = tensor('f32', node.type.shape);
    return emit({ kind: 'call', id: stem, op, inputs: operands, type, ...originIn(node) });
  };
  const lessMinus = (node: Node, form: Form): Id => {
    const operands = [form.id, integers(site, `${node.id}_minus`, [1], [form.minus], node)];
    const op = { kind: 'binary', fn: 'sub' } as const;
    const at = { scale: form.scale, zero: form.zero - form.minus };
    return wholeCall(site, node, { op, inputs: operands, shape: node.type.shape }, at);
  };

  const site: Site = {
    source,
    own: options.own,
    report: (d) => {
      failed ||= d.severity === 'error';
      report(d);
    },
    rounded: options.rounded,
    target: (id) => ownTarget(id) ?? options.target(id),
    form: (id) => forms.get(id) ?? (nodeOf(id).kind === 'input' && !options.own ? site.whole(id) : undefined),
    whole(id) {
      const form = forms.get(id);
      if (form) return form;
      const node = nodeOf(id);
      const aim = node.kind === 'constant' || node.type.dtype !== 'f32' ? undefined : site.target(id);
      if (!aim || (options.own && !ownTarget(id))) return undefined;
      const made = enter(plain(id), node, aim, fresh(`${id}_whole`));
      forms.set(id, made);
      real.set(id, id);
      return made;
    },
    plain,
    enter,
    hold: (id, form) => void forms.set(id, form),
    absorb: (ids) => ids.forEach((id) => void absorbed.add(id)),
    emit,
    fresh,
    layer: (made) => void layers.push(made),
  };
  /** What a call that reads the value quantises it to, at once or where it moves to. */
  const ownTarget = (id: Id): Target | undefined => {
    for (const user of source.readers(id)) {
      if (user.inputs[0] !== id) continue;
      const aim = moves(user) ? ownTarget(user.id) : targetOf(user, source);
      if (aim) return aim;
    }
    return undefined;
  };

  for (const node of graph.nodes) {
    if (failed) return undefined;
    if (node.kind === 'input') emit(node);
    if (node.kind !== 'call' || forms.has(node.id) || absorbed.has(node.id)) continue;
    const computed = node.inputs.some((id) => nodeOf(id).kind !== 'constant');
    const table = node.type.dtype === 'f32' ? rows : wholeRows;
    const outcome = computed ? (table[node.op.kind]?.(node, site) ?? 'has no form in whole numbers') : 'is constant';
    if (outcome === true) continue;
    if (computed && isIsland(node, outcome)) islands.push({ call: node, reason: outcome });
    emit({ ...node, inputs: node.inputs.map(plain) });
  }
  if (failed) return undefined;
  const outputs = graph.outputs.map((o) => ({ ...o, id: plain(o.id) }));
  return { graph: dropUnused({ ...graph, nodes, outputs }), layers, islands, forms };
}

/** What moves real numbers that it is given computes nothing. */
const isIsland = ({ op, type }: Call, reason: string): boolean =>
  type.dtype === 'f32' && op.kind !== 'dequantize' && !(moves({ op }) && reason === givenReal);

/** Whether numbers stay what they are. */
const moves = ({ op }: Pick<Call, 'op'>): boolean =>
  rows[op.kind] === move || (op.kind === 'resize' && op.method === 'nearest');
