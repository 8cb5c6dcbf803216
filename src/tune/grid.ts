/** What is measured: shapes that networks are made of, masks that pruning leaves, and how much is kept. */
import type { Blocks, Grouped } from '../tensor/masked.ts';

/** An image layer; `channels` and `filters` are the same where it is depthwise. */
export interface ConvShape {
  readonly kind: 'conv' | 'depthwise';
  /** Rows and columns of the input, and of pixels between windows. */
  readonly size: number;
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
}

export interface DenseShape {
  readonly kind: 'dense';
  readonly inputs: number;
  readonly outputs: number;
  readonly batch: number;
}

export type ProbeShape = ConvShape | DenseShape;

export interface Grid {
  readonly shapes: readonly ProbeShape[];
  readonly patterns: readonly Blocks[];
  /** Shares of blocks that are kept. */
  readonly densities: readonly number[];
  /** How many of how many neighbours are kept, besides; where runs of channels are whole groups, and matrices small. */
  readonly groups?: readonly Grouped[];
  /** Whether weights are numbers that 16 bits hold. */
  readonly halves?: true;
}

const conv = (size: number, channels: number, filters: number, kernel = 1, stride = 1): ConvShape => ({
  kind: 'conv',
  size,
  channels,
  filters,
  kernel,
  stride,
});

const depthwise = (size: number, channels: number, kernel: number, stride = 1): ConvShape => ({
  kind: 'depthwise',
  size,
  channels,
  filters: channels,
  kernel,
  stride,
});

const layer = (inputs: number, outputs: number, batch = 1): DenseShape => ({ kind: 'dense', inputs, outputs, batch });

const patterns: readonly Blocks[] = [
  { r: 1, c: 1 },
  { r: 2, c: 1 },
  { r: 4, c: 1 },
  { r: 8, c: 1 },
  { r: 8, c: 4 },
  { r: 16, c: 1 },
];

/** About a minute. */
export const wholeGrid: Grid = {
  shapes: [
    ...[conv(56, 24, 144), conv(56, 64, 256), conv(56, 256, 64), conv(28, 128, 512), conv(28, 192, 32)],
    ...[conv(14, 256, 1024), conv(14, 1024, 256), conv(14, 96, 576), conv(7, 512, 2048), conv(7, 960, 160)],
    ...[conv(56, 64, 64, 3), conv(28, 128, 128, 3), conv(14, 256, 256, 3), conv(7, 512, 512, 3)],
    ...[conv(56, 128, 128, 3, 2), conv(28, 128, 256, 3, 2), conv(14, 512, 512, 3, 2)],
    ...[conv(56, 256, 512, 1, 2), conv(28, 512, 1024, 1, 2), conv(14, 1024, 2048, 1, 2)],
    ...[conv(224, 3, 64, 7, 2), conv(224, 3, 32, 3, 2), conv(128, 3, 24, 5, 2)],
    ...[depthwise(112, 32, 3), depthwise(56, 144, 3), depthwise(28, 192, 3), depthwise(14, 576, 3)],
    ...[depthwise(7, 960, 3), depthwise(28, 240, 5), depthwise(14, 480, 5), depthwise(112, 96, 3, 2)],
    ...[depthwise(28, 192, 3, 2), depthwise(14, 576, 7)],
    ...[layer(256, 256), layer(1280, 1000), layer(2048, 1000), layer(768, 3072), layer(3072, 768)],
    ...[layer(512, 512, 2), layer(512, 512, 4), layer(1280, 1008, 3), layer(1280, 1008, 7)],
    // What a call takes shows where there is little else.
    ...[conv(7, 32, 32), conv(7, 16, 32, 3), conv(14, 16, 32, 1, 2), conv(16, 3, 16, 3, 2), depthwise(7, 16, 3)],
    ...[layer(32, 32), layer(768, 768, 50), layer(768, 3072, 50)],
  ],
  patterns,
  densities: [0.04, 0.12, 0.4, 0.6],
};

/** Some seconds. */
export const quickGrid: Grid = {
  shapes: [
    ...[conv(56, 24, 144), conv(28, 128, 512), conv(14, 1024, 256), conv(7, 960, 160)],
    ...[conv(28, 128, 128, 3), conv(14, 256, 256, 3), conv(28, 128, 256, 3, 2), conv(28, 512, 256, 1, 2)],
    ...[conv(128, 3, 32, 3, 2), conv(64, 3, 24, 5, 2), depthwise(56, 144, 3), depthwise(14, 480, 5)],
    ...[conv(7, 32, 32), conv(7, 16, 32, 3), conv(14, 16, 32, 1, 2), conv(16, 3, 16, 3, 2), depthwise(7, 16, 3)],
    ...[
      depthwise(28, 192, 3, 2),
      layer(32, 32),
      layer(256, 256),
      layer(1280, 1000),
      layer(512, 512, 4),
      layer(768, 768, 50),
    ],
  ],
  patterns,
  densities: [0.1, 0.4],
};

const gpuGroups: readonly Grouped[] = [
  { n: 1, m: 4 },
  { n: 2, m: 4 },
];

const gpuPatterns: readonly Blocks[] = [
  { r: 1, c: 1 },
  { r: 2, c: 1 },
  { r: 4, c: 1 },
];

/** For GPUs, about a minute on one of hardware, in less than 64 MB. */
export const wholeGpuGrid: Grid = {
  shapes: [
    ...[
      conv(56, 24, 144),
      conv(56, 64, 256),
      conv(28, 192, 32),
      conv(14, 256, 512),
      conv(14, 96, 576),
      conv(7, 960, 160),
    ],
    ...[
      conv(56, 64, 64, 3),
      conv(28, 128, 128, 3),
      conv(14, 192, 192, 3),
      conv(7, 256, 256, 3),
      conv(28, 64, 128, 3, 2),
    ],
    ...[conv(28, 256, 256, 1, 2), conv(128, 3, 24, 5, 2), conv(112, 3, 32, 3, 2), conv(7, 32, 32), conv(7, 16, 32, 3)],
    ...[
      depthwise(56, 144, 3),
      depthwise(28, 240, 5),
      depthwise(14, 576, 3),
      depthwise(7, 960, 3),
      depthwise(28, 192, 3, 2),
    ],
    ...[
      depthwise(7, 16, 3),
      layer(32, 32),
      layer(256, 256),
      layer(1280, 1000),
      layer(768, 768, 4),
      layer(768, 768, 50),
    ],
  ],
  patterns: gpuPatterns,
  groups: gpuGroups,
  densities: [0.05, 0.15, 0.4],
  halves: true,
};

/** Some seconds. */
export const quickGpuGrid: Grid = {
  shapes: [
    ...[
      conv(28, 64, 128),
      conv(14, 96, 192),
      conv(7, 320, 96),
      conv(28, 48, 48, 3),
      conv(14, 64, 64, 3),
      conv(7, 16, 32, 3),
    ],
    ...[
      depthwise(28, 96, 3),
      depthwise(14, 192, 5),
      depthwise(7, 16, 3),
      layer(32, 32),
      layer(512, 500),
      layer(256, 256, 4),
    ],
  ],
  patterns: gpuPatterns,
  groups: gpuGroups,
  densities: [0.1, 0.4],
  halves: true,
};

const tensorPatterns: readonly Blocks[] = [
  { r: 16, c: 16 },
  { r: 32, c: 32 },
];

const tensorGroups: readonly Grouped[] = [
  { n: 2, m: 4 },
  { n: 4, m: 8 },
];

/** For tensor cores: layers that keep some of a GPU busy, and all of it. */
export const wholeTensorGrid: Grid = {
  shapes: [
    ...[conv(56, 64, 256), conv(28, 128, 512), conv(14, 256, 512), conv(7, 512, 256), conv(14, 1024, 256)],
    ...[conv(56, 64, 64, 3), conv(28, 96, 96, 3), conv(14, 96, 96, 3), conv(112, 32, 64, 3)],
    ...[
      layer(256, 512, 64),
      layer(512, 256, 512),
      layer(256, 512, 4096),
      layer(2048, 2048, 512),
      layer(1024, 4096, 128),
    ],
  ],
  patterns: tensorPatterns,
  groups: tensorGroups,
  densities: [0.1, 0.3],
  halves: true,
};

export const quickTensorGrid: Grid = {
  shapes: [conv(28, 128, 256), conv(14, 64, 64, 3), layer(256, 512, 64), layer(512, 256, 1024)],
  patterns: tensorPatterns.slice(0, 1),
  groups: tensorGroups,
  densities: [0.2],
  halves: true,
};
