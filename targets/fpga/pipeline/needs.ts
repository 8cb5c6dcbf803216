/** How much of its inputs a stage has to see before it has given so many elements of its output. */
import { bug } from '../../../src/diagnostic.ts';
import { reachOf } from '../engines/ring.ts';
import type { Compute, Pool, Stage } from './pipeline.ts';

/** Elements of input `i` that are read before `count` elements are written. */
export function needOf(stage: Stage, i: number, count: number): number {
  if (count <= 0) return 0;
  switch (stage.kind) {
    case 'fork':
    case 'beats':
    case 'requantize':
    case 'lookup':
    case 'combine':
      return count;
    case 'total':
      return stage.channels * stage.pixels;
    case 'compute':
      return layerNeed(stage, count);
    case 'pool':
      return poolNeed(stage, count);
    case 'concat': {
      const each = stage.counts.reduce((a, b) => a + b, 0);
      const before = stage.counts.slice(0, i).reduce((a, b) => a + b, 0);
      const [whole, rest] = [Math.floor(count / each), count % each];
      return whole * stage.counts[i] + Math.min(stage.counts[i], Math.max(0, rest - before));
    }
    case 'rearrange': {
      const given = stage.loops.reduce((n, { count: c }) => n * c, 1);
      return Math.min(stage.times, Math.ceil(count / given)) * stage.chunk;
    }
    case 'interpolate': {
      const [[height, width], [, across]] = [stage.input, stage.output];
      const row = Math.floor((Math.ceil(count / stage.channels) - 1) / across);
      return Math.min(height, stage.down.first[row] + 2) * width * stage.channels;
    }
    case 'softmax':
      return Math.ceil(count / stage.size) * stage.size;
    case 'pad': {
      const [[, width], [top, left, , right]] = [stage.input, stage.pad];
      const pixel = Math.ceil(count / stage.channels) - 1;
      const pitch = left + width + right;
      return upTo(stage.input, Math.floor(pixel / pitch) - top, (pixel % pitch) - left) * stage.channels;
    }
  }
}

/** Pixels of an image that come up to (y, x), which may lie outside of it. */
function upTo([height, width]: readonly [number, number], y: number, x: number): number {
  if (y < 0) return 0;
  if (y >= height) return height * width;
  return y * width + Math.min(width, Math.max(0, x + 1));
}

/** A group's pixels leave when it is computed, while those of the next are loaded. */
function layerNeed({ layer, plan }: Compute, count: number): number {
  const group = plan.kind === 'scheduled' ? plan.slots * plan.clusters : 1;
  const [height, width] = layer.output;
  const pixel = Math.ceil(count / layer.rows) - 1;
  const [y, x] = [Math.floor(pixel / width), pixel % width];
  const across = Math.ceil(width / group);
  const next = Math.min(y * across + Math.floor(x / group) + 1, height * across - 1);
  const [ny, nx] = [Math.floor(next / across), Math.min(width, ((next % across) + 1) * group) - 1];
  const pitch = layer.input[1] + layer.pad[1] + layer.pad[3];
  const last = ny * layer.stride[0] * pitch + nx * layer.stride[1] + reachOf(layer);
  return upTo(layer.input, Math.floor(last / pitch) - layer.pad[0], (last % pitch) - layer.pad[1]) * layer.channels;
}

function poolNeed(stage: Pool, count: number): number {
  const { channels, input, output, window, stride, pad } = stage;
  const pixel = Math.ceil(count / channels) - 1;
  const [y, x] = [Math.floor(pixel / output[1]), pixel % output[1]];
  if (y >= output[0]) bug(`pixel ${pixel} of a pool of ${output[0] * output[1]}`);
  return upTo(input, y * stride[0] - pad[0] + window[0] - 1, x * stride[1] - pad[1] + window[1] - 1) * channels;
}
