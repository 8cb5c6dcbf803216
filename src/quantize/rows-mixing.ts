/** Pictures in another size, and shares of exponentials. */
import { rulesOf } from '../ops/index.ts';
import { stepsOf } from '../ops/resize-sums.ts';
import { mostShares, oneShare } from '../ops/softmax-table.ts';
import { tensor } from '../tensor/type.ts';
import { move } from './rows-moves.ts';
import type { Row } from './site.ts';
import { aimOf, integers, land, typeOf, wholeCall } from './site.ts';
import { landingOf } from './source.ts';

/** Sums of four pixels are exact, then rounded once; the nearest pixel moves. */
export const resize: Row = (node, site) => {
  const { op } = node;
  if (op.kind !== 'resize' || op.method === 'nearest') return move(node, site);
  const x = site.form(node.inputs[0]);
  if (!x) return 'is given real numbers';
  const landing = landingOf(node, site.source);
  const aim = aimOf(site, landing);
  if (!aim) return 'gives numbers without a scale';
  const sized = { kind: 'resize-sums', size: op.size, coordinates: op.coordinates } as const;
  const { shape } = typeOf(site, node.inputs[0]);
  const fault = rulesOf(sized).infer(sized, { x: tensor('i32', shape) });
  if (typeof fault === 'string') return fault;
  const [down, across] = stepsOf(sized, shape);
  const steps = down * across;
  const sums = wholeCall(site, node, { op: sized, inputs: [x.id], shape: node.type.shape });
  return land(site, node, landing, { sums, scales: [x.scale / steps], zero: x.zero * steps, aim });
};

/** Differences to the largest number are few, and so are their exponentials. */
export const softmax: Row = (node, site) => {
  const { op } = node;
  if (op.kind !== 'softmax') return 'is no softmax';
  const x = site.form(node.inputs[0]);
  if (!x) return 'is given real numbers';
  const { shape } = node.type;
  if (shape[op.axis] > mostShares) return `shares among more than ${mostShares} numbers`;
  const landing = landingOf(node, site.source);
  const aim = aimOf(site, landing);
  if (!aim) return 'gives numbers without a scale';
  const count = x.high - x.low + 1;
  const exponentials = Array.from({ length: count }, (_, d) => Math.round(oneShare * Math.exp(-d * x.scale)));
  const table = integers(site, `${landing.id}_table`, [count], exponentials, node);
  const shares = { kind: 'softmax-table', axis: op.axis } as const;
  const sums = wholeCall(site, node, { op: shares, inputs: [x.id, table], shape });
  return land(site, node, landing, { sums, scales: [1 / oneShare], aim });
};
