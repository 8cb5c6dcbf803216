/** What stands between layers, as Verilog: instances of shared modules with parameters alone. */
import { bug } from '../../../src/diagnostic.ts';
import { bitsFor } from '../contract/rom.ts';
import type { Combine, Fork, Pad, Pool, Stream, Total } from '../pipeline/pipeline.ts';
import { bitsOf, type Instance, reading, through, together, writing } from './instance.ts';
import { wires } from './table.ts';

export const fork = ({ inputs, outputs }: Fork, streams: readonly Stream[]): Instance => ({
  module: 'esp_fork',
  parameters: { W: bitsOf(streams, inputs[0]), N: outputs.length },
  wires: [...reading('in', inputs[0]), ...together(outputs.map((stream) => writing('out', stream)))],
  artefacts: [],
});

const combinations = { add: 0, sub: 1, mul: 2, max: 3, min: 4 } as const;

export const combine = ({ fn, inputs, outputs }: Combine, streams: readonly Stream[]): Instance => ({
  module: 'esp_combine',
  parameters: {
    AW: bitsOf(streams, inputs[0]),
    BW: bitsOf(streams, inputs[1]),
    OW: bitsOf(streams, outputs[0]),
    FN: combinations[fn],
  },
  wires: [...reading('a', inputs[0]), ...reading('b', inputs[1]), ...writing('out', outputs[0])],
  artefacts: [],
});

interface Axis {
  readonly inner: number;
  readonly size: number;
  readonly before: number;
  readonly windows: number;
  readonly window: number;
  readonly stride: number;
}

interface Bits {
  readonly XW: number;
  readonly OW: number;
  readonly SUM: number;
}

/** Parameters of windows along one axis. */
function slide({ inner, size, before, windows, window, stride }: Axis, bits: Bits): Readonly<Record<string, number>> {
  const open = Math.ceil(window / stride);
  const all = Math.max(before + size, (windows - 1) * stride + window);
  return {
    ...bits,
    INNER: inner,
    IA: wires(bitsFor(inner)),
    N: size,
    BEFORE: before,
    ALL: all,
    K: window,
    S: stride,
    OUT: windows,
    T: open,
    NA: bitsFor(Math.max(all, open * stride, windows) + 1),
  };
}

/** Down after across: what the windows of a row give is as wide as the result. */
export function pool(stage: Pool, streams: readonly Stream[]): Instance {
  const { fn, channels, input, output, window, stride, pad } = stage;
  const OW = bitsOf(streams, stage.outputs[0]);
  const SUM = fn === 'sum' ? 1 : 0;
  const across = slide(
    { inner: channels, size: input[1], before: pad[1], windows: output[1], window: window[1], stride: stride[1] },
    { XW: bitsOf(streams, stage.inputs[0]), OW, SUM },
  );
  const inner = channels * output[1];
  const down = slide(
    { inner, size: input[0], before: pad[0], windows: output[0], window: window[0], stride: stride[0] },
    { XW: OW, OW, SUM },
  );
  const of = (axis: string, all: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(all).map(([key, value]) => [`${axis}_${key}`, value]));
  return {
    module: 'esp_pool',
    parameters: { ...of('X', across), ...of('Y', down) },
    wires: through(stage),
    artefacts: [],
  };
}

export const total = (stage: Total, streams: readonly Stream[]): Instance => ({
  module: 'esp_slide',
  parameters: slide(
    { inner: stage.channels, size: stage.pixels, before: 0, windows: 1, window: stage.pixels, stride: stage.pixels },
    { XW: bitsOf(streams, stage.inputs[0]), OW: bitsOf(streams, stage.outputs[0]), SUM: 1 },
  ),
  wires: through(stage),
  artefacts: [],
});

export function pad(stage: Pad, streams: readonly Stream[]): Instance {
  const { channels, input, value } = stage;
  const [top, left, bottom, right] = stage.pad;
  const size = [top + input[0] + bottom, left + input[1] + right];
  if (bitsOf(streams, stage.inputs[0]) > bitsOf(streams, stage.outputs[0])) bug('a border that makes numbers narrower');
  return {
    module: 'esp_pad',
    parameters: {
      XW: bitsOf(streams, stage.inputs[0]),
      OW: bitsOf(streams, stage.outputs[0]),
      VALUE: value,
      C: channels,
      WP: size[1],
      HP: size[0],
      LEFT: left,
      TOP: top,
      W: input[1],
      H: input[0],
      NA: bitsFor(Math.max(channels, ...size) + 1),
    },
    wires: through(stage),
    artefacts: [],
  };
}
