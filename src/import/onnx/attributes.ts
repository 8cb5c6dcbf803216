/** Attributes that mean the same in many operators. */
import type { Element } from './elements.ts';
import { elementName, elementOf } from './elements.ts';
import type { Layer } from './layer.ts';

/** The element type that an attribute names. */
export function elementIn(l: Layer, attribute: string, otherwise: Element): Element {
  if (!l.has(attribute)) return otherwise;
  const element = elementOf(l.int(attribute));
  if (!element) l.fail(`gives elements of type ${elementName(l.int(attribute))}, which are not read`);
  return element ?? otherwise;
}
