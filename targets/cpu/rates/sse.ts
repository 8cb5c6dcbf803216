/** x86-64 with SSE2: measured on one core of a server, shared with others. */
import type { CpuRates } from './rates.ts';

export const sse: CpuRates = {
  machine: 'Intel(R) Xeon(R) Processor',
  compiler: 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0',
  families: {
    '1x1 dense': {
      inputs: 83.6,
      memory: 0.583,
      multiply: 2.5,
    },
    '1x1 sparse-1': {
      call: 672,
      inputs: 6.64,
      memory: 0.0666,
      multiply: 2.69,
      rows: 4.91,
    },
    '1x1 sparse-2': {
      call: 731,
      inputs: 4.47,
      memory: 0.0566,
      multiply: 2.33,
      rows: 18.1,
    },
    '1x1 sparse-4': {
      call: 655,
      inputs: 2.87,
      memory: 0.0829,
      multiply: 2.69,
      rows: 36,
    },
    'planes dense': {
      call: 2690,
      memory: 0.0615,
      multiply: 6.46,
    },
    'planes sparse-1': {
      call: 722,
      inputs: 1.65,
      multiply: 4.66,
      rows: 42.9,
    },
    'planes sparse-2': {
      call: 632,
      inputs: 0.701,
      multiply: 5.35,
      rows: 88.6,
    },
    'planes sparse-4': {
      call: 741,
      inputs: 4.82,
      memory: 0.0455,
      multiply: 5.21,
      rows: 135,
    },
    'taps dense': {
      inputs: 26.1,
      memory: 0.369,
      multiply: 4.24,
      outputs: 44.3,
      weights: 0.126,
    },
    'taps sparse-1': {
      call: 775,
      inputs: 20.6,
      memory: 0.0932,
      multiply: 3.61,
      rows: 2.26,
      strided: 29.3,
      weights: 0.25,
    },
    'taps sparse-2': {
      inputs: 12.2,
      memory: 0.0112,
      multiply: 4.03,
      outputs: 32.6,
      rows: 5.36,
      strided: 26.5,
      weights: 0.0597,
    },
    'taps sparse-4': {
      inputs: 4.75,
      memory: 0.0187,
      multiply: 4.53,
      outputs: 30.8,
      rows: 16.9,
      strided: 28.4,
      weights: 0.0265,
    },
    depthwise: {
      call: 1060,
      inputs: 13.9,
      memory: 0.0701,
      multiply: 5.33,
    },
    'linear dense': {
      multiply: 0.355,
      rows: 15.3,
    },
    'linear sparse': {
      call: 22.4,
      multiply: 0.486,
      rows: 14.3,
      weights: 0.0343,
    },
    loops: {
      call: 92.1,
      multiply: 0.921,
    },
  },
};
