/** What all plots share: their frame, their colours, their legend. */
import type { Markup } from './svg.ts';
import { element, together } from './svg.ts';

/** Those of Okabe and Ito, "Color Universal Design", 2008: told apart by everyone. Then from the beginning again. */
const colours = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#999999', '#b8a800'];

export const colour = (series: number): string => colours[series % colours.length];

/** Styles that a figure needs also where it stands alone. Text and lines follow the page, light or dark. */
const style = `
svg.plot { color: #222; background: #fff; font: 11px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg.plot { color: #ddd; background: #16181c; } }
svg.plot text { fill: currentColor; }
svg.plot .axis { font-style: italic; }
svg.plot .grid { stroke: currentColor; stroke-opacity: 0.15; }
svg.plot .reference { stroke: currentColor; stroke-dasharray: 4 3; }
svg.plot .line { fill: none; stroke-width: 1.5; }
`;

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** What it shows, for those who cannot see it. */
  readonly title: string;
}

/** An SVG element that is also a file of its own. */
export const figure = ({ width, height, title }: Frame, ...children: readonly Markup[]): Markup =>
  element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'plot',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': title,
    },
    element('style', {}, { markup: style }),
    ...children,
  );

/** Names of series with their colours, side by side. */
export function legend(
  names: readonly string[],
  { x, y }: { readonly x: number; readonly y: number },
): readonly Markup[] {
  let left = x;
  return names.map((name, i) => {
    const at = left;
    // Letters are about this wide.
    left += 26 + 6.2 * name.length;
    return together(
      element('rect', { x: at, y: y - 9, width: 10, height: 10, fill: colour(i) }),
      element('text', { x: at + 14, y }, name),
    );
  });
}
