/** ONNX's attention over keys and values, and its rotation of positions (operator set 23). */
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { binary, cast, concat, reshape, scalar, slice, transpose, unary } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';

/** More pairs of a query and a key are not masked. */
const mostPairs = 2 ** 24;

/** [batch, heads, length, features] of that, or of [batch, length, heads · features]. */
function byHeads(l: Layer, x: Value, heads: number): Value {
  const { shape } = x.type;
  if (shape.length === 4 || x === broken) return x;
  const [batch, length, features] = shape;
  if (shape.length !== 3 || !(heads >= 1) || features % heads !== 0)
    return l.fail(`takes [batch, length, features] for ${heads} heads and is given [${shape.join(', ')}]`);
  return transpose(l, reshape(l, x, [batch, length, heads, features / heads]), [0, 2, 1, 3]);
}

function together(l: Layer, x: Value): Value {
  const [batch, heads, length, features] = x.type.shape;
  return reshape(l, transpose(l, x, [0, 2, 1, 3]), [batch, length, heads * features]);
}

const realAt = (l: Layer, index: number): Value => cast(l, l.operand(index), 'f32');

const attention: Row = (l) => {
  const query = realAt(l, 0);
  const [queryHeads, heads] = [l.int('q_num_heads', 0), l.int('kv_num_heads', 0)];
  const q = byHeads(l, query, queryHeads);
  const grown = (index: number, past: number): Value => {
    const own = byHeads(l, realAt(l, index), heads);
    return l.optional(past) && !l.failed ? concat(l, [realAt(l, past), own], 2) : own;
  };
  const [k, v] = [grown(1, 4), grown(2, 5)];
  if (l.failed) return broken;
  if (l.optional(6)) return l.fail('has keys of several lengths', 'pad none of them, or mask them with "attn_mask"');
  const [batch, all, length, features] = q.type.shape;
  const [, groups, keys] = k.type.shape;
  if (k.type.shape.length !== 4 || v.type.shape.length !== 4 || all % groups !== 0)
    return l.fail(`shares ${groups} heads of keys among ${all} heads of queries`);
  // Queries that share their keys stand side by side, so that keys broadcast.
  const sides = (x: Value, count: number): Value => {
    const [b, , s, d] = x.type.shape;
    return reshape(l, x, [b, groups, count, s, d]);
  };
  const scale = scalar(l, l.float('scale', 1 / Math.sqrt(features)), q);
  const asked = sides(binary(l, 'mul', q, scale), all / groups);
  const raw = l.call({ kind: 'matmul', transposeA: false, transposeB: true }, asked, sides(k, 1));
  const scores = reshape(l, raw, [batch, all, length, keys]);
  const capped = softCapped(l, scores);
  const masked = withMask(l, capped, keys - (realLength(l, 1) ?? keys));
  const weights = l.call({ kind: 'softmax', axis: 3 }, masked);
  const parts = reshape(l, weights, [batch, groups, all / groups, length, keys]);
  const mixed = l.call({ kind: 'matmul', transposeA: false, transposeB: false }, parts, sides(v, 1));
  const y = reshape(l, mixed, [batch, all, length, v.type.shape[3]]);
  if (l.outputs > 3) return l.fail('gives the scores of its keys', 'export the model without this output');
  return [query.type.shape.length === 3 && !l.failed ? together(l, y) : y, k, v];
};

/** How many keys are new. */
function realLength(l: Layer, index: number): number | undefined {
  const { shape } = l.operand(index).type;
  return shape.at(-2);
}

function softCapped(l: Layer, scores: Value): Value {
  const cap = l.float('softcap', 0);
  if (cap === 0) return scores;
  const share = binary(l, 'div', scores, scalar(l, cap, scores));
  return binary(l, 'mul', unary(l, 'tanh', share), scalar(l, cap, scores));
}

/** Scores of keys that must not be seen become −∞; other masks are added. A query sees `past` keys more than came before it. */
function withMask(l: Layer, scores: Value, past: number): Value {
  const none = scalar(l, -Infinity, scores);
  const mask = l.optional(3);
  const seen = !mask
    ? scores
    : mask.type.dtype === 'f32'
      ? binary(l, 'add', scores, mask)
      : l.call({ kind: 'select' }, mask, scores, none);
  if (!l.flag('is_causal', false) || l.failed) return seen;
  const [, , length, keys] = scores.type.shape;
  if (!(length * keys <= mostPairs))
    return l.fail(`masks ${length} x ${keys} pairs, and at most ${mostPairs} are read`);
  const before = Int32Array.from({ length: length * keys }, (_, i) =>
    Number((i % keys) - past <= Math.floor(i / keys)),
  );
  return l.call({ kind: 'select' }, l.known(before, [length, keys], 'before'), seen, none);
}

const rotation: Row = (l) => {
  const input = realAt(l, 0);
  const x = byHeads(l, input, l.int('num_heads', 0));
  if (l.failed || x.type.shape.length !== 4) return l.fail('takes queries or keys of 3 or 4 axes');
  const [batch, heads, length, features] = x.type.shape;
  const turned = l.int('rotary_embedding_dim', 0) || features;
  if (!(turned > 0 && turned <= features && turned % 2 === 0))
    return l.fail(`rotates ${turned} of ${features} features`);
  const half = turned / 2;
  const table = (index: number): Value => {
    const all = realAt(l, index);
    const positions = l.optional(3);
    const own = positions ? l.call({ kind: 'gather', axis: 0 }, all, positions) : all;
    return reshape(l, own, [batch, 1, length, half]);
  };
  const [cosine, sine] = [table(1), table(2)];
  const interleaved = l.flag('interleaved', false);
  const part = (which: number): Value =>
    l.call(
      {
        kind: 'slice',
        begin: [0, 0, 0, interleaved ? which : which * half],
        size: [batch, heads, length, half],
        step: [1, 1, 1, interleaved ? 2 : 1],
      },
      x,
    );
  const [a, b] = [part(0), part(1)];
  const mul = (p: Value, q: Value): Value => binary(l, 'mul', p, q);
  const pair = [binary(l, 'sub', mul(cosine, a), mul(sine, b)), binary(l, 'add', mul(sine, a), mul(cosine, b))];
  const column = (value: Value): Value => reshape(l, value, [batch, heads, length, half, 1]);
  const rotated = interleaved
    ? reshape(l, concat(l, pair.map(column), 4), [batch, heads, length, turned])
    : concat(l, pair, 3);
  if (l.failed) return broken;
  const rest = (): Value => slice(l, x, [0, 0, 0, turned], [batch, heads, length, features - turned]);
  const y = turned === features ? rotated : concat(l, [rotated, rest()], 3);
  return input.type.shape.length === 3 ? together(l, y) : y;
};

export const attentionRows: Rows = { Attention: attention, RotaryEmbedding: rotation };
