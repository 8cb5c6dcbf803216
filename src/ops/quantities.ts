/** Scales and zeros as operands: one pair for all of a value, or one for each index of an axis. */
import { dtypeFault, printSizes } from './check.ts';
import type { Site, Types } from './rules.ts';

/** Why scale and zero do not fit `x`, if they do not. */
export function parameterFault(axis: number, types: Types): string | undefined {
  const count = axis < 0 ? 1 : types.x.shape[axis];
  for (const name of ['scale', 'zero']) {
    const { shape } = types[name];
    if (shape.length !== 1 || shape[0] !== count)
      return `takes "${name}" of [${count}] and is given ${printSizes(shape)}`;
  }
  return dtypeFault(types, 'i32', ['zero']);
}

/** The site with scale and zero in a shape that broadcasts along the axis; what they hold lies as it did. */
export function spread(site: Site, axis: number): Site {
  const { x, scale, zero } = site.types;
  const shape = x.shape.map((size, i) => (i === axis ? size : 1));
  return { ...site, types: { x, scale: { ...scale, shape }, zero: { ...zero, shape } } };
}
