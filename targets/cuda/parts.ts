/** The small device functions that generated code leans on, each put into a file that mentions it. */
import type { Render } from '../../src/target.ts';

interface Part {
  /** Identifiers that it defines. */
  readonly defines: readonly string[];
  readonly template: string;
}

const part = (stem: string, ...more: readonly string[]): Part => ({
  defines: [stem.replaceAll('-', '_'), ...more],
  template: `cuda/parts/${stem}.cu.hbs`,
});

/** In an order in which each comes after those that it uses. */
const parts: readonly Part[] = [
  part('wrap', 'wrap_add', 'wrap_sub', 'wrap_mul', 'abs_i32', 'shift_left', 'shift_right'),
  part('floor-div', 'floor_mod'),
  part('quotient-i32', 'remainder_i32'),
  part('pow-i32'),
  part('choice', 'min_i32', 'max_i32', 'min_f32', 'max_f32'),
  part('float-to-int'),
  part('halves', 'half_to_float', 'float_to_half'),
  part('held-as-half'),
  part('bf16', 'bf16_to_float', 'float_to_bf16'),
  part('floor-mod-f32'),
  part('pow-f32'),
];

/** Names that generated code must not give to anything else. */
export const partNames: readonly string[] = parts.flatMap(({ defines }) => defines);

/** The parts that `text` needs, and those that these need, ready to stand before it. */
export function partsFor(text: string, render: Render): readonly string[] {
  const needed: string[] = [];
  for (const { defines, template } of parts.toReversed()) {
    const mentions = new RegExp(`\\b(${defines.join('|')})\\b`);
    if ([text, ...needed].some((t) => mentions.test(t))) needed.unshift(render(template, {}).trim());
  }
  return needed;
}
