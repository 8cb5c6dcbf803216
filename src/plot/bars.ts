/** Bars that lie: a row for each thing, a bar for each series in it. */
import type { Axis } from './axis.ts';
import { scaleFor } from './axis.ts';
import { colour, figure, legend } from './figure.ts';
import type { Markup } from './svg.ts';
import { element, together } from './svg.ts';

export interface Bars {
  readonly title: string;
  readonly axis: Axis;
  /** Names of the bars of a row, in order. */
  readonly series: readonly string[];
  readonly rows: readonly BarRow[];
  /** Bars of a row one after the other instead of below each other. */
  readonly stacked?: boolean;
  /** For a narrow page: labels stand above their bars. */
  readonly narrow?: boolean;
  /** A line across all rows. */
  readonly reference?: { readonly value: number; readonly label: string };
}

export interface BarRow {
  /** Not to be trusted. */
  readonly label: string;
  /** One for each series; null where there is none. */
  readonly values: readonly (number | null)[];
  /** Shown where somebody points at the row. */
  readonly note?: string;
}

const margin = { top: 34, right: 24, bottom: 40 };
const broad = { width: 960, left: 300, above: 0 };
const slim = { width: 350, left: 4, above: 14 };
const bar = 11;
const gap = 5;

/** An SVG element, as wide as every other plot, and as high as its rows take. */
export function barsPlot({ title, axis, series, rows, stacked = false, narrow = false, reference }: Bars): Markup {
  const { width, left, above } = narrow ? slim : broad;
  const lanes = stacked ? 1 : series.length;
  const pitch = above + lanes * bar + gap;
  const height = margin.top + rows.length * pitch + margin.bottom;
  const bottom = height - margin.bottom;
  const ends = rows.flatMap(({ values }) =>
    stacked ? [values.reduce<number>((sum, v) => sum + (v ?? 0), 0)] : values.flatMap((v) => v ?? []),
  );
  const { at, ticks } = scaleFor({
    axis,
    values: [...ends, ...(reference ? [reference.value] : [])],
    from: left,
    to: width - margin.right,
    count: narrow ? 3 : 8,
  });
  const origin = axis.scale === 'log' ? left : at(0);
  const grid = ticks.map((tick) =>
    together(
      element('line', { class: 'grid', x1: tick.at, x2: tick.at, y1: margin.top - 4, y2: bottom }),
      element('text', { class: 'tick', x: tick.at, y: bottom + 14, 'text-anchor': 'middle' }, tick.label),
    ),
  );
  const drawn = rows.map(({ label, values, note }, i) => {
    const top = margin.top + i * pitch + above;
    let end = 0;
    const bars = values.flatMap((value, s) => {
      if (value === null || !Number.isFinite(value)) return [];
      const start = stacked ? at(end) : origin;
      end = stacked ? end + value : value;
      const [x, until] = [Math.min(start, at(end)), Math.max(start, at(end))];
      const y = stacked ? top : top + s * bar;
      return [element('rect', { x, y, width: until - x, height: bar - 1, fill: colour(s) })];
    });
    const place = narrow
      ? { x: left, y: top - 3 }
      : { x: left - 8, y: top + (lanes * bar) / 2 + 3.5, 'text-anchor': 'end' };
    return element(
      'g',
      {},
      element('title', {}, note ?? `${label}: ${values.map((v) => v ?? '-').join(', ')}`),
      element('text', { class: 'row', ...place }, ending(label)),
      ...bars,
    );
  });
  const line = reference
    ? [
        element('line', {
          class: 'reference',
          x1: at(reference.value),
          x2: at(reference.value),
          y1: margin.top - 4,
          y2: bottom,
        }),
        element('text', { class: 'tick', x: at(reference.value) + 4, y: margin.top - 8 }, reference.label),
      ]
    : [];
  return figure(
    { width, height, title },
    ...grid,
    ...drawn,
    ...line,
    ...legend(series.length > 1 ? series : [], { x: left, y: 12 }),
    element('text', { class: 'axis', x: width - margin.right, y: height - 8, 'text-anchor': 'end' }, axis.label),
  );
}

/** The end of a layer's name says more than its beginning. */
const ending = (label: string): string => (label.length > 46 ? `…${label.slice(-45)}` : label);
