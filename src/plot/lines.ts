/** Lines through points: one for each series. */
import type { Axis } from './axis.ts';
import { scaleFor } from './axis.ts';
import { colour, figure, legend } from './figure.ts';
import type { Markup } from './svg.ts';
import { element, together } from './svg.ts';

export interface Lines {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Line[];
  /** Lines across the plot, at values of y. */
  readonly references?: readonly { readonly value: number; readonly label: string }[];
}

export interface Line {
  readonly name: string;
  /** In the order of x. */
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Shown where somebody points at it. */
  readonly note?: string;
}

const [width, height] = [960, 380];
const margin = { top: 44, right: 150, bottom: 44, left: 60 };

/** An SVG element. Points that are not finite are left out. */
export function linesPlot({ title, x, y, series, references = [] }: Lines): Markup {
  const points = series.flatMap((line) => line.points);
  const across = scaleFor({
    axis: x,
    values: points.map((p) => p.x),
    from: margin.left,
    to: width - margin.right,
    count: 10,
  });
  const up = scaleFor({
    axis: y,
    values: [...points.map((p) => p.y), ...references.map((r) => r.value)],
    from: height - margin.bottom,
    to: margin.top,
    count: 7,
  });
  const [right, bottom] = [width - margin.right, height - margin.bottom];
  return figure(
    { width, height, title },
    ...across.ticks.map((tick) =>
      together(
        element('line', { class: 'grid', x1: tick.at, x2: tick.at, y1: margin.top, y2: bottom }),
        element('text', { class: 'tick', x: tick.at, y: bottom + 14, 'text-anchor': 'middle' }, tick.label),
      ),
    ),
    ...up.ticks.map((tick) =>
      together(
        element('line', { class: 'grid', x1: margin.left, x2: right, y1: tick.at, y2: tick.at }),
        element('text', { class: 'tick', x: margin.left - 6, y: tick.at + 3.5, 'text-anchor': 'end' }, tick.label),
      ),
    ),
    ...references.map(({ value, label }) =>
      together(
        element('line', { class: 'reference', x1: margin.left, x2: right, y1: up.at(value), y2: up.at(value) }),
        element('text', { class: 'tick', x: right + 4, y: up.at(value) + 3.5 }, label),
      ),
    ),
    ...series.map((line, s) => {
      const seen = line.points.filter((p) => Number.isFinite(across.at(p.x)) && Number.isFinite(up.at(p.y)));
      const path = seen
        .map((p, i) => `${i === 0 ? 'M' : 'L'}${across.at(p.x).toFixed(1)} ${up.at(p.y).toFixed(1)}`)
        .join('');
      return element(
        'g',
        {},
        ...(seen.length > 1 ? [element('path', { class: 'line', d: path, stroke: colour(s) })] : []),
        ...seen.map((p) =>
          element(
            'circle',
            { cx: across.at(p.x), cy: up.at(p.y), r: 3, fill: colour(s) },
            element('title', {}, p.note ?? `${line.name}: ${p.x}, ${p.y}`),
          ),
        ),
      );
    }),
    ...legend(
      series.map((line) => line.name),
      { x: margin.left, y: 14 },
    ),
    element('text', { class: 'axis', x: right, y: height - 8, 'text-anchor': 'end' }, x.label),
    element('text', { class: 'axis', x: margin.left, y: margin.top - 8 }, y.label),
  );
}
