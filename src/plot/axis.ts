/** Scales with their ticks: straight or logarithmic. */
import { scaleLinear, scaleLog } from 'd3-scale';

export interface Axis {
  readonly label: string;
  readonly scale?: 'linear' | 'log';
}

export interface Scale {
  /** Where a value lies, in pixels. */
  readonly at: (value: number) => number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

export interface ScaleOptions {
  readonly axis: Axis;
  /** What has to fit. */
  readonly values: readonly number[];
  /** Pixels. */
  readonly from: number;
  readonly to: number;
  /** About so many ticks. */
  readonly count: number;
}

/** A straight scale begins at 0, whatever its values; a logarithmic one takes values above 0. */
export function scaleFor({ axis, values, from, to, count }: ScaleOptions): Scale {
  const finite = values.filter((v) => Number.isFinite(v) && (axis.scale !== 'log' || v > 0));
  const most = finite.reduce((a, b) => Math.max(a, b), axis.scale === 'log' ? Number.MIN_VALUE : 0);
  const least = finite.reduce((a, b) => Math.min(a, b), most);
  if (axis.scale === 'log') {
    const domain = finite.length > 0 ? [least / 1.1, most * 1.1] : [0.1, 10];
    const scale = scaleLog(domain, [from, to]);
    const format = scale.tickFormat(count, '~g');
    return { at: scale, ticks: scale.ticks(count).map((value) => ({ at: scale(value), label: format(value) })) };
  }
  const scale = scaleLinear([Math.min(0, least), most > 0 ? most : 1], [from, to]).nice(count);
  const format = scale.tickFormat(count);
  return { at: scale, ticks: scale.ticks(count).map((value) => ({ at: scale(value), label: format(value) })) };
}
