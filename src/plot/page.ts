/** A page of HTML that needs nothing besides itself. */
import type { Child, Markup } from './svg.ts';
import { element, together } from './svg.ts';

export interface Page {
  readonly title: string;
  /** Below the title. */
  readonly lead: string;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly text?: string;
  /** Plots and tables. */
  readonly content: readonly Markup[];
}

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
}

/** A table that scrolls where it is too wide. */
export const tableOf = (columns: readonly Column[], rows: readonly (readonly Child[])[]): Markup =>
  element(
    'div',
    { class: 'wide' },
    element(
      'table',
      {},
      element(
        'thead',
        {},
        element('tr', {}, ...columns.map(({ head, align }) => element('th', { class: align }, head))),
      ),
      element(
        'tbody',
        {},
        ...rows.map((row) =>
          element('tr', {}, ...row.map((cell, i) => element('td', { class: columns[i]?.align }, cell))),
        ),
      ),
    ),
  );

/** One of two plots: the narrow one where a page is as wide as a phone. */
export const eitherOf = (broad: Markup, narrow: Markup): Markup =>
  together(element('div', { class: 'broad' }, broad), element('div', { class: 'narrow' }, narrow));

/** The whole file. It loads nothing, and runs nothing. */
export function pageOf({ title, lead, sections }: Page): string {
  const body = together(
    element('h1', {}, title),
    element('p', {}, lead),
    ...sections.map(({ title: head, text, content }) =>
      element(
        'section',
        {},
        element('h2', {}, head),
        ...(text === undefined ? [] : [element('p', {}, text)]),
        ...content.map((part) => element('div', { class: 'wide' }, part)),
      ),
    ),
  );
  const head = together(
    { markup: '<meta charset="utf-8">' },
    { markup: '<meta name="viewport" content="width=device-width, initial-scale=1">' },
    { markup: `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` },
    element('title', {}, title),
    element('style', {}, { markup: style }),
  );
  return `<!doctype html>\n${element('html', { lang: 'en' }, element('head', {}, head), element('body', {}, body)).markup}\n`;
}

const style = `
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #16181c; } }
h1 { font-size: 1.4em; overflow-wrap: anywhere; }
h2 { font-size: 1.1em; margin-top: 2em; }
.wide { overflow-x: auto; }
.narrow { display: none; }
@media (max-width: 640px) { .broad { display: none; } .narrow { display: block; } }
summary, li, p { overflow-wrap: anywhere; }
table { border-collapse: collapse; margin-bottom: 1em; font-size: 12px; font-variant-numeric: tabular-nums; }
th, td { padding: 2px 8px; text-align: left; white-space: nowrap; }
th { border-bottom: 1px solid; font-weight: 600; }
.right { text-align: right; }
`;
