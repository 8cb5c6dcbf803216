/** Elements of SVG and HTML as text. Whatever comes from a model is escaped here, and nowhere else. */

/** Text that is markup already. */
export interface Markup {
  readonly markup: string;
}

export type Child = Markup | string | number;

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; strings among its children are text. An attribute that is undefined is left out. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escaped(typeof value === 'number' ? round(value) : value)}"`],
  );
  return { markup: `<${name}${given.join('')}>${children.map(printed).join('')}</${name}>` };
}

export const together = (...children: readonly Child[]): Markup => ({ markup: children.map(printed).join('') });

const printed = (child: Child): string =>
  typeof child === 'object' ? child.markup : escaped(typeof child === 'number' ? String(child) : child);

/** Controls have no place in markup, and those that turn the direction of writing would spoil a line. */
export const escaped = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Bidi_Control}\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A hundredth of a pixel is nothing that anyone sees. */
const round = (value: number): string => String(Math.round(value * 100) / 100);
