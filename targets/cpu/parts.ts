/** The small C functions that generated code leans on, each put into a file that mentions it. */
import type { Render } from '../../src/target.ts';

interface Part {
  /** Identifiers that it defines. */
  readonly defines: readonly string[];
  readonly template: string;
}

const part = (stem: string, ...more: readonly string[]): Part => ({
  defines: [stem.replaceAll('-', '_'), ...more],
  template: `cpu/parts/${stem}.c.hbs`,
});

/** In an order in which each comes after those that it uses. */
const parts: readonly Part[] = [
  part('wrap', 'wrap_add', 'wrap_sub', 'wrap_mul', 'abs_i32', 'shift_left', 'shift_right'),
  part('floor-div', 'floor_mod'),
  part('quotient-i32', 'remainder_i32'),
  part('pow-i32'),
  part('min-i32'),
  part('max-i32'),
  part('popcount'),
  part('float-to-int'),
  part('bits', 'bits_of', 'float_of'),
  part('half-to-float'),
  part('float-to-half'),
  part('min-f32'),
  part('max-f32'),
  part('floor-mod-f32'),
  part('exp-f32'),
  part('log-f32'),
  part('tanh-f32'),
  part('erf-f32'),
  part('gelu-f32'),
  part('sigmoid-f32', 'swish_f32', 'sigmoid_divisor_f32'),
  part('trigonometry', 'sin_f32', 'cos_f32'),
  part('atan-f32'),
  part('pow-f32'),
];

/** Names that generated code must not give to anything else. */
export const partNames: readonly string[] = parts.flatMap(({ defines }) => defines);

/** The parts that `text` needs, and those that these need, ready to stand before it. */
export function partsFor(text: string, render: Render): string {
  let needed = '';
  for (const { defines, template } of parts.toReversed()) {
    const mentioned = defines.some(
      (name) => new RegExp(`\\b${name}\\b`).test(text) || new RegExp(`\\b${name}\\b`).test(needed),
    );
    if (mentioned) needed = `${render(template, {}).trim()}\n\n${needed}`;
  }
  return needed.trimEnd();
}
