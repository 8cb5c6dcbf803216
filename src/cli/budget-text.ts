/** What ships, and what takes the space in it, for people. */
import type { Share, Weighed } from '../make/budget.ts';
import type { Paint } from './paint.ts';
import { printBytes, shortName, table } from './paint.ts';

/** Rows that are worth reading; the others are summed up. */
const mostRows = 20;

/** A row for each layer, the largest first; nothing where all fits. */
export function sharesText({ files, shares }: Weighed, paint: Paint): readonly string[] {
  if (shares.length === 0) return [];
  const shown = shares.slice(0, mostRows);
  const others = shares.slice(mostRows);
  const sum = (of: (share: Share) => number): number => others.reduce((total, share) => total + of(share), 0);
  const row = ({ layer, what, raw, brotli }: Share) => [
    layer === null ? paint.dim(what) : shortName(layer),
    layer === null ? '' : what,
    printBytes(raw),
    printBytes(brotli),
  ];
  const rest =
    others.length > 0
      ? [['', `${others.length} more`, ...[sum((s) => s.raw), sum((s) => s.brotli)].map(printBytes)]]
      : [];
  return [
    ...table(
      [['layer', 'op', 'bytes', 'brotli, quickly'].map((word) => paint.dim(word)), ...shown.map(row), ...rest],
      ['left', 'left', 'right', 'right'],
    ),
    paint.dim(`shipped: ${files.map(({ path, raw }) => `${path} ${printBytes(raw)}`).join(', ')}`),
    '',
  ];
}

export const weighedLine = ({ bytes, budget }: Weighed): string =>
  `shipped: ${printBytes(bytes)}${budget.counted === 'raw' ? '' : ` as ${budget.counted}`}, and the budget is ${printBytes(budget.bytes)}`;
