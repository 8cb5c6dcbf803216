/** What to quantise and how, as data and as people write it: `weights=int8,activations=int8,ranges=mse`. */
import { suggestion } from '../import/nearest.ts';

/**
 * Numbers that weights may have. A zero is a zero on every grid.
 *   int8, int4  steps of a scale for each output channel, −127..127 or −7..7
 *   po2         0 and ±2^k for seven k that an output channel chooses: shifts in place of products
 *   codebook    so many values other than 0 for each layer, by k-means
 *   f16         the nearest numbers of IEEE 754 binary16, for layers that have none beyond 65504
 */
export type Grid =
  | { readonly kind: 'int8' | 'int4' | 'po2' | 'f16' }
  | {
      readonly kind: 'codebook';
      /** How many, 0 not counted. */
      readonly values: number;
      /**
       * Where weights are rounded to be stored in few bits, and for nothing else: values are steps of the scale of an output
       * channel, and layers with too few weights for a table stay as they are.
       */
      readonly stored?: true;
    };

/**
 * Up to which magnitude activations are told apart; what is beyond saturates.
 *   minmax      the largest seen
 *   percentile  the one that so large a share of the values does not exceed
 *   mse         the one at which rounding and saturation together have the least square error
 */
export type RangeRule =
  | { readonly kind: 'minmax' | 'mse' }
  | { readonly kind: 'percentile' /** In 0..1. */; readonly share: number };

export type QuantizeOptions =
  /** The scales that the model itself has, from QuantizeLinear and its like. */
  | { readonly kind: 'qdq' }
  | {
      readonly kind: 'calibrated';
      readonly weights: Grid;
      /** Absent where weights alone are rounded, and the graph stays one of real numbers. */
      readonly activations?: {
        readonly ranges: RangeRule;
        /** Whether channels are brought to like sizes first. */
        readonly equalise: boolean;
      };
      /** At most so many samples of the calibration data are run, spread over all of it. */
      readonly samples: number;
    };

/** More change ranges little, and take as long again. */
const usualSamples = 128;

const keys = ['weights', 'activations', 'ranges', 'equalize', 'samples'];

/** The options, or what is wrong with the text and what to write instead. */
export function parseQuantize(text: string): QuantizeOptions | readonly [message: string, hint: string] {
  if (text === 'qdq') return { kind: 'qdq' };
  const said = new Map<string, string>();
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const [key, value] = [part.slice(0, Math.max(at, 0)), part.slice(at + 1)];
    if (!keys.includes(key)) {
      const hint = suggestion(key || part, keys) || 'write e.g. weights=int8,activations=int8, or qdq';
      return [`"${part}" is nothing that can be said of quantisation`, hint];
    }
    if (said.has(key)) return [`"${key}" is said twice`, 'say it once'];
    said.set(key, value);
  }
  const [grid, activations] = [said.get('weights') ?? 'int8', said.get('activations')];
  const weights = parseGrid(grid);
  if (!weights)
    return [`weights cannot be "${grid}"`, 'weights are int8, int4, po2, f16 or codebook:N with N in 2..256'];
  if (activations !== undefined && activations !== 'int8')
    return [`activations cannot be "${activations}"`, 'say activations=int8, or leave it out to round weights alone'];
  if (weights.kind === 'f16' && activations !== undefined)
    return [
      'weights of f16 are no whole numbers, which activations=int8 takes',
      'say weights=int8, or leave out activations',
    ];
  const rule = said.get('ranges');
  if (rule !== undefined && activations === undefined)
    return ['"ranges" are those of activations, which stay real numbers', 'say activations=int8 as well'];
  const ranges = parseRule(rule ?? 'mse');
  if (!ranges) return [`ranges cannot be "${rule}"`, 'ranges are mse, minmax or percentile:P with P in 50..100'];
  const even = said.get('equalize');
  if (even !== undefined && activations === undefined)
    return ['"equalize" is for activations, which stay real numbers', 'say activations=int8 as well'];
  if (even !== undefined && even !== 'on' && even !== 'off')
    return [`"equalize" cannot be "${even}"`, 'say equalize=on, which is the default, or equalize=off'];
  const count = said.get('samples') ?? String(usualSamples);
  if (!/^[1-9]\d{0,5}$/.test(count)) return [`"samples" cannot be "${count}"`, 'say how many, e.g. samples=64'];
  return {
    kind: 'calibrated',
    weights,
    ...(activations !== undefined && { activations: { ranges, equalise: even !== 'off' } }),
    samples: Number(count),
  };
}

export function parseGrid(text: string): Grid | undefined {
  if (text === 'int8' || text === 'int4' || text === 'po2' || text === 'f16') return { kind: text };
  const [, count] = /^codebook:(\d{1,3})$/.exec(text) ?? [];
  const values = Number(count);
  return values >= 2 && values <= 256 ? { kind: 'codebook', values } : undefined;
}

function parseRule(text: string): RangeRule | undefined {
  if (text === 'minmax' || text === 'mse') return { kind: text };
  const [, percent] = /^percentile:(\d{1,3}(?:\.\d+)?)$/.exec(text) ?? [];
  const share = Number(percent) / 100;
  return share >= 0.5 && share <= 1 ? { kind: 'percentile', share } : undefined;
}

export const printGrid = (grid: Grid): string => (grid.kind === 'codebook' ? `codebook:${grid.values}` : grid.kind);
