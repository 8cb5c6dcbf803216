/** Layers that each kernel of the target webgpu takes. */

import type { ConvSpec } from './wasm-graphs.ts';
import { lineCases } from './webgpu-cases-lines.ts';
import { vectorCases } from './webgpu-cases-vectors.ts';
import { windowCases } from './webgpu-cases-windows.ts';
import type { WebgpuCase } from './webgpu-layers.ts';
import {
  bandedConv,
  codedConv,
  conv,
  convOf,
  dense,
  grouped,
  grouping,
  groups,
  inGroups,
  rows,
  same,
  sharing,
} from './webgpu-layers.ts';

const ownGroups = (title: string, c: number, spec: Omit<ConvSpec, 'groups'>): WebgpuCase =>
  conv(title, { ...spec, groups: c });

export const webgpuCases = {
  depthwise: [
    ownGroups('3x3, a border, several images', 6, { ...same, x: [2, 9, 7, 6], o: 6, activation: 'relu6' }),
    ownGroups('stride, dilation, an uneven border, two outputs a channel, f32', 5, {
      ...{ x: [1, 12, 9, 5], o: 10, kernel: [5, 3], stride: [2, 1], dilation: [1, 2], pad: [1, 2, 2, 1], half: false },
      ...{ activation: 'prelu', residual: true },
    }),
  ],
  dense: [
    dense('a vector', 1, 130, 21, 1),
    conv('3x3, a border, several images', { ...same, x: [2, 9, 7, 5], o: 36, activation: 'relu6' }),
    conv('1x1, a residual, f32', {
      x: [1, 7, 7, 70],
      o: 9,
      kernel: [1, 1],
      residual: true,
      half: false,
      activation: 'swish',
    }),
    conv('stride, dilation, an uneven border, slopes', {
      ...{
        x: [1, 13, 12, 5],
        o: 5,
        kernel: [3, 2],
        stride: [2, 1],
        dilation: [1, 2],
        pad: [1, 0, 2, 1],
        activation: 'prelu',
      },
    }),
    dense('many vectors, f32', 40, 65, 10, 1, false),
    codedConv('steps', { x: [1, 1, 1, 96], o: 12, kernel: [1, 1] }, 'steps', { format: 'dense', params: {} }),
    codedConv('a codebook', { x: [1, 1, 1, 96], o: 12, kernel: [1, 1], half: false }, 'book', {
      format: 'dense',
      params: {},
    }),
    ...windowCases.dense,
  ],
  nm: [
    grouping('2 of 4, a border, several images', { ...same, x: [2, 9, 7, 12], o: 6, activation: 'relu6' }, 2, 4),
    grouping('1 of 4, the last group short, a residual', { ...same, x: [1, 5, 6, 10], o: 9, residual: true }, 1, 4),
    grouping('2 of 8, slopes', { x: [1, 5, 6, 21], o: 9, kernel: [1, 1], activation: 'prelu' }, 2, 8),
    grouping('1 of 16, many pixels', { ...same, x: [1, 31, 33, 32], o: 40, stride: [2, 1] }, 1, 16),
    codedConv('steps', { x: [1, 6, 6, 24], o: 12, kernel: [1, 1] }, 'steps', groups(2, 4), (m) => inGroups(m, 2, 4, 5)),
    ...windowCases.nm,
    ...vectorCases.nm,
  ],
  vnm: [
    sharing('of 8, a border, several images', { ...same, x: [2, 5, 7, 16], o: 16, activation: 'relu6' }, 8),
    sharing(
      'of 16, rows left over, a residual',
      { ...same, x: [1, 7, 6, 48], o: 10, residual: true, stride: [2, 1] },
      16,
    ),
    sharing('of 32, slopes, many pixels', { x: [1, 33, 47, 64], o: 24, kernel: [1, 1], activation: 'prelu' }, 32),
    ...windowCases.vnm,
    ...vectorCases.vnm,
  ],
  sparse: [
    conv('3x3, a border, several images', { ...same, x: [2, 9, 7, 35], o: 6, density: 0.2, activation: 'relu6' }),
    conv('planes of which an invocation copies several', { ...same, x: [1, 30, 30, 37], o: 5, density: 0.1 }),
    conv('1x1, a residual', {
      x: [1, 5, 6, 70],
      o: 9,
      kernel: [1, 1],
      density: 0.3,
      residual: true,
      activation: 'hard-swish',
    }),
    conv('stride, dilation, an uneven border, f32, slopes', {
      ...{ x: [1, 13, 12, 5], o: 5, kernel: [3, 2], stride: [2, 1], dilation: [1, 2], pad: [1, 0, 2, 1], density: 0.4 },
      ...{ half: false, activation: 'prelu' },
    }),
    bandedConv('bands of four rows', { ...same, x: [1, 6, 11, 20], o: 10, density: 0.3, activation: 'relu' }),
    bandedConv('bands of four rows, f32', { ...same, x: [1, 7, 7, 33], o: 8, density: 0.1, half: false }),
    convOf(
      'blocks of eight rows and four columns',
      { ...same, x: [1, 6, 11, 18], o: 22 },
      { format: 'block', params: { r: 8, c: 4 } },
      (m) => grouped(m, { r: 8, c: 4 }, 0.3, 5),
    ),
    convOf(
      'blocks of two rows and columns, f32, many pixels',
      { ...same, x: [1, 30, 31, 6], o: 7, half: false, residual: true },
      { format: 'block', params: { r: 2, c: 2 } },
      (m) => grouped(m, { r: 2, c: 2 }, 0.3, 5).map((v) => v * 1.01),
    ),
    convOf(
      'rows that are alike, wherever they stand',
      { ...same, x: [2, 6, 5, 18], o: 22, activation: 'prelu' },
      { format: 'vec', params: { r: 4 } },
      (m) => grouped(m, { r: 4, c: 1, scattered: true }, 0.3, 5),
    ),
    convOf(
      'punched blocks',
      { ...same, x: [1, 9, 9, 18], o: 14, activation: 'relu' },
      { format: 'punched', params: { f: 4, c: 2 } },
      (m) => grouped(m, { r: 4, c: 2 }, 0.4, 5),
    ),
    conv('many pixels', { ...same, x: [1, 30, 33, 7], o: 33, density: 0.2 }),
    bandedConv('bands of four rows, many pixels', { ...same, x: [1, 40, 43, 9], o: 40, density: 0.2 }),
    dense('a vector', 1, 130, 21, 0.2),
    dense('some vectors, f32', 7, 65, 10, 0.5, false),
    codedConv('steps', { ...same, x: [1, 6, 6, 24], o: 12, density: 0.3 }, 'steps', rows),
    codedConv('a codebook', { ...same, x: [1, 6, 6, 24], o: 12, density: 0.3, activation: 'relu' }, 'book', rows),
    codedConv('steps beside a bit for each', { x: [1, 6, 6, 32], o: 9, kernel: [1, 1], density: 0.1 }, 'steps', {
      format: 'bitmask',
      params: {},
    }),
    ...windowCases.sparse,
    ...vectorCases.sparse,
  ],
  ...lineCases,
} satisfies Readonly<Record<string, readonly WebgpuCase[]>>;
