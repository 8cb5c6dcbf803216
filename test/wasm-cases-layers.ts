/** Layers with weights, for the kernels of the target wasm. */
import type { Graph } from '../src/graph/graph.ts';
import type { Activation } from '../src/ops/scalar.ts';
import type { ConvSpec } from './wasm-graphs.ts';
import { convGraph } from './wasm-graphs.ts';

export interface WasmCase {
  readonly title: string;
  readonly graph: Graph;
}

export const conv = (title: string, spec: ConvSpec): WasmCase => ({ title, graph: convGraph(spec) });

/** Sizes of pictures: panels exactly, several rows a panel, rows that straddle panels, tiny ones. */
export const sizes = [
  [5, 28],
  [3, 56],
  [14, 14],
  [7, 7],
  [9, 4],
  [17, 2],
  [5, 3],
  [6, 16],
  [9, 30],
  [8, 8],
  [5, 64],
  [13, 20],
  [1, 40],
  [40, 1],
] as const;

const same3x3 = { kernel: [3, 3], pad: [1, 1, 1, 1] } as const;

/** Layers of so many channels that they are computed in passes, the last of which has fewer. */
const inPasses: readonly WasmCase[] = [1, 0.5].flatMap((density) => [
  conv(`passes over channels, density ${density}`, {
    ...{ x: [2, 7, 5, 601], o: 4, kernel: [1, 1], density, activation: 'relu6' },
  }),
  conv(`passes over channels, an odd row, a residual, density ${density}`, {
    ...{ x: [1, 14, 4, 601], o: 3, kernel: [1, 1], density, residual: true, activation: 'hard-swish' },
  }),
]);

/** The same below windows. */
const windowsInPasses: readonly WasmCase[] = [7, 14, 28].flatMap((size) =>
  [1, 0.3].map((density) =>
    conv(`passes over channels, ${size}x${size}, density ${density}`, {
      ...{ ...same3x3, x: [1, size, size, size === 7 ? 151 : 71], o: 2, density },
      ...{ residual: true, activation: 'relu', stride: size === 28 ? [2, 2] : [1, 1] },
    }),
  ),
);

/** Rows that share their records by twos and fours. */
const blocks = [2, 4, 6].map((r) =>
  conv(`blocks of ${r} rows`, {
    ...{ x: [1, 9, 9, 30], o: 12, kernel: [1, 1], density: 0.1, encoding: { format: 'block', params: { r, c: 1 } } },
  }),
);

/** So many weights that their rows go over all pixels block by block. */
const inBlocks = { x: [1, 7, 5, 300], o: 60, activation: 'relu', residual: true } as const;

export const convPanels: readonly WasmCase[] = [
  ...blocks,
  conv('rows block by block', { ...inBlocks, kernel: [1, 1] }),
  ...sizes.map(([h, w]) =>
    conv(`sparse ${h}x${w}`, { x: [1, h, w, 5], o: 7, kernel: [1, 1], density: 0.3, activation: 'relu6' }),
  ),
  conv('dense', { x: [1, 9, 9, 5], o: 6, kernel: [1, 1], activation: 'relu' }),
  conv('dense with an odd row', { x: [1, 9, 9, 5], o: 7, kernel: [1, 1] }),
  conv('two pictures', { x: [2, 7, 7, 5], o: 6, kernel: [1, 1], density: 0.5 }),
  conv('three pictures of whole panels', { x: [3, 14, 2, 5], o: 6, kernel: [1, 1], density: 0.5 }),
  conv('nothing but empty rows', { x: [1, 7, 7, 5], o: 6, kernel: [1, 1], density: 0 }),
  conv('one weight', { x: [1, 7, 7, 1], o: 1, kernel: [1, 1], density: 1 }),
  conv('weights beyond f16', { x: [1, 7, 7, 40], o: 6, kernel: [1, 1], density: 0.3, half: false }),
  ...[63, 64, 65, 128, 129].map((c) => conv(`a dense row of ${c}`, { x: [1, 7, 7, c], o: 3, kernel: [1, 1] })),
  ...[64, 65, 129].map((c) =>
    conv(`dense pairs of ${c}`, { x: [1, 7, 7, c], o: 4, kernel: [1, 1], activation: 'relu6' }),
  ),
  ...inPasses,
  conv('more columns than a mask word', { x: [1, 2, 14, 150], o: 9, kernel: [1, 1], density: 0.5 }),
  ...(['sigmoid', 'tanh', 'hard-swish', 'prelu', 'gelu'] as readonly Activation[]).map((activation) =>
    conv(activation, { x: [1, 5, 9, 3], o: 4, kernel: [1, 1], activation }),
  ),
  ...sizes.flatMap(([h, w]) => [
    conv(`residual, sparse ${h}x${w}`, { x: [1, h, w, 5], o: 7, kernel: [1, 1], density: 0.3, residual: true }),
    conv(`residual, dense ${h}x${w}`, { x: [2, h, w, 5], o: 6, kernel: [1, 1], activation: 'relu6', residual: true }),
  ]),
  conv('residual, empty rows', { x: [1, 7, 7, 5], o: 6, kernel: [1, 1], density: 0.1, residual: true }),
  ...[0.9, 1].map((density) =>
    conv(`residual, long sums of ${density}`, { x: [2, 9, 7, 200], o: 6, kernel: [1, 1], density, residual: true }),
  ),
  ...(['relu', 'prelu', 'hard-swish'] as readonly Activation[]).map((activation) =>
    conv(`residual, ${activation}`, { x: [1, 5, 9, 3], o: 4, kernel: [1, 1], activation, residual: true }),
  ),
];

export const convWindow: readonly WasmCase[] = [
  conv('rows block by block', { ...same3x3, ...inBlocks, o: 12 }),
  ...sizes.flatMap(([h, w]) => [
    conv(`3x3 ${h}x${w}`, { x: [1, h, w, 5], o: 6, kernel: [3, 3], pad: [1, 1, 1, 1], density: 0.3 }),
    conv(`few channels, stride 2, ${h}x${w}`, {
      x: [1, h, w, 3],
      o: 6,
      kernel: [3, 3],
      pad: [1, 1, 1, 1],
      stride: [2, 2],
      activation: 'relu6',
    }),
    conv(`stride 2, ${h}x${w}`, { x: [1, h, w, 7], o: 6, kernel: [3, 3], pad: [1, 1, 1, 1], stride: [2, 2] }),
    conv(`sparse depthwise 5x5 ${h}x${w}`, {
      ...{ x: [1, h, w, 19], o: 19, groups: 19, kernel: [5, 5], pad: [2, 2, 2, 2], density: 0.6 },
    }),
    conv(`depthwise by two, stride 2, ${h}x${w}`, {
      x: [1, h, w, 19],
      o: 38,
      groups: 19,
      kernel: [3, 3],
      pad: [1, 1, 1, 1],
      stride: [2, 2],
    }),
    conv(`groups, dilated, ${h}x${w}`, {
      x: [1, h, w, 6],
      o: 4,
      groups: 2,
      kernel: [3, 3],
      pad: [2, 0, 2, 2],
      dilation: [2, 1],
    }),
    conv(`stride 3 across, ${h}x${w}`, { x: [1, h, w, 6], o: 4, kernel: [1, 2], pad: [0, 0, 1, 2], stride: [1, 3] }),
  ]),
  conv('sparse depthwise with empty rows', {
    x: [1, 14, 14, 40],
    o: 40,
    groups: 40,
    kernel: [3, 3],
    pad: [1, 1, 1, 1],
    density: 0.15,
  }),
  ...[7, 14, 5, 28].map((size) =>
    conv(`long sums ${size}x${size}`, {
      x: [1, size, size, 30],
      o: 5,
      kernel: [3, 3],
      pad: [1, 1, 1, 1],
      density: 0.6,
    }),
  ),
  ...[7, 14, 5, 28].map((size) =>
    conv(`long sums in pairs ${size}x${size}`, { x: [1, size, size, 30], o: 4, kernel: [3, 3], pad: [1, 1, 1, 1] }),
  ),
  conv('two pictures', { x: [2, 7, 5, 4], o: 6, kernel: [3, 3], pad: [1, 1, 1, 1], density: 0.5 }),
  conv('few channels by themselves', { ...same3x3, x: [2, 9, 9, 3], o: 3, groups: 3 }),
  conv('a wide window, depthwise', { x: [1, 9, 14, 5], o: 5, groups: 5, kernel: [1, 9], pad: [0, 4, 0, 4] }),
  conv('two pictures of few channels', { x: [2, 9, 9, 3], o: 4, kernel: [3, 3], stride: [2, 2] }),
  conv('planes that take several strips', { ...same3x3, x: [1, 60, 56, 12], o: 12, groups: 12, density: 0.6 }),
  conv('taps far apart, depthwise', { ...same3x3, x: [2, 9, 30, 5], o: 5, groups: 5, dilation: [1, 2] }),
  conv('strips of a whole convolution', { x: [1, 30, 33, 40], o: 5, kernel: [3, 3], pad: [1, 1, 1, 1], density: 0.2 }),
  conv('1x1 at stride 2', { x: [1, 9, 28, 6], o: 5, kernel: [1, 1], stride: [2, 2] }),
  conv('a window as wide as the picture', { x: [1, 9, 5, 6], o: 5, kernel: [3, 5] }),
  conv('prelu', { x: [1, 9, 5, 6], o: 5, kernel: [3, 3], activation: 'prelu' }),
  ...sizes.flatMap(([h, w]) => [
    conv(`residual, 3x3 ${h}x${w}`, { ...same3x3, x: [1, h, w, 5], o: 6, density: 0.3, residual: true }),
    conv(`residual, pairs ${h}x${w}`, { ...same3x3, x: [1, h, w, 5], o: 6, activation: 'relu', residual: true }),
    conv(`residual, depthwise at stride 2, ${h}x${w}`, {
      ...same3x3,
      x: [1, h, w, 19],
      o: 19,
      groups: 19,
      stride: [2, 2],
      residual: true,
    }),
    conv(`residual, groups ${h}x${w}`, { ...same3x3, x: [1, h, w, 6], o: 4, groups: 2, density: 0.6, residual: true }),
  ]),
  ...[7, 14, 5, 28].flatMap((size) =>
    [0.6, 1].map((density) =>
      conv(`residual, long sums of ${density}, ${size}x${size}`, {
        ...same3x3,
        x: [2, size, size, 30],
        o: 4,
        density,
        residual: true,
      }),
    ),
  ),
  ...windowsInPasses,
  conv('residual, few channels', { x: [1, 9, 9, 3], o: 4, kernel: [3, 3], stride: [2, 2], residual: true }),
  conv('residual, prelu', { ...same3x3, x: [2, 9, 5, 6], o: 5, activation: 'prelu', residual: true }),
  conv('residual, strips', { ...same3x3, x: [1, 60, 56, 12], o: 12, groups: 12, residual: true }),
  conv('residual, strips of a whole convolution', {
    ...same3x3,
    x: [1, 30, 33, 40],
    o: 5,
    density: 0.2,
    residual: true,
  }),
];

/** A filter for each channel. */
const filters = (title: string, x: readonly number[], rest: Partial<ConvSpec> = {}): WasmCase =>
  conv(title, { ...same3x3, x, o: x[3], groups: x[3], ...rest });

export const depthwise: readonly WasmCase[] = [
  ...sizes.flatMap(([h, w]) => [
    filters(`5x5 ${h}x${w}`, [2, h, w, 7], { kernel: [5, 5], pad: [2, 2, 2, 2], activation: 'relu6' }),
    filters(`stride 2, ${h}x${w}`, [1, h, w, 9], { stride: [2, 2], pad: [1, 0, 3, 2], half: false }),
    filters(`stride 3 and 1, ${h}x${w}`, [1, h, w, 6], { kernel: [2, 3], pad: [0, 2, 1, 0], stride: [3, 1] }),
    filters(`dilated, ${h}x${w}`, [1, h, w, 6], {
      dilation: [2, w % 28 === 0 ? 1 : 3],
      pad: [2, 1, 2, w % 28 === 0 ? 1 : 5],
    }),
    filters(`stride 1 and 3, ${h}x${w}`, [1, h, w, 8], { kernel: [1, 2], pad: [0, 0, 1, 2], stride: [1, 3] }),
  ]),
  filters('strips of panels', [1, 60, 56, 6]),
  filters('strips of panels at stride 2, padded in front', [2, 61, 112, 5], { stride: [2, 2], pad: [1, 1, 0, 0] }),
  filters('padding behind', [1, 9, 28, 10], { pad: [0, 0, 2, 2], activation: 'prelu' }),
  filters('a window of seven', [1, 9, 58, 5], { kernel: [3, 7], pad: [1, 2, 1, 2] }),
  filters('borders wider than pictures of panels', [1, 2, 25, 5], { pad: [5, 2, 6, 3] }),
  ...[5, 6, 7, 8].map((c) => filters(`${c} channels`, [1, 5, 6, c])),
  filters('borders wider than the picture', [1, 3, 2, 5], { pad: [5, 4, 6, 7] }),
  filters('borders wider than the window, dilated', [2, 2, 3, 5], { pad: [5, 4, 6, 7], dilation: [3, 2] }),
  filters('three pictures without a border', [3, 14, 14, 11], { pad: [0, 0, 0, 0], stride: [2, 2] }),
  filters('one tap', [1, 9, 6, 5], { kernel: [1, 1], pad: [0, 0, 0, 0] }),
  filters('strips', [1, 60, 26, 6], { activation: 'relu' }),
  filters('strips of an odd width', [1, 70, 33, 5], { kernel: [5, 3], pad: [3, 1, 0, 1] }),
  filters('strips at stride 2', [2, 61, 66, 5], { stride: [2, 2] }),
  filters('strips far apart', [1, 90, 30, 5], { dilation: [9, 1], pad: [9, 1, 9, 1] }),
  ...(['prelu', 'hard-swish'] as const).map((activation) => filters(activation, [1, 9, 5, 6], { activation })),
];
