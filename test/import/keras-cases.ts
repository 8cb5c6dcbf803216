/** Keras layers that TensorFlow.js can make. */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { layers as L } from '@tensorflow/tfjs-layers';

/** What every layer can do. */
export interface Layer {
  apply(inputs: SymbolicTensor | SymbolicTensor[]): unknown;
}

/** One layer on its own. */
export interface Case {
  /** The name of the class. */
  readonly layer: string;
  readonly what?: string | undefined;
  readonly make: () => Layer;
  /** Shapes of the inputs without the batch. */
  readonly inputs: readonly (readonly number[])[];
  readonly whole?: true | undefined;
}

const image = [6, 5, 4];

export const cases: readonly Case[] = [
  { layer: 'Dense', make: () => L.dense({ units: 5, activation: 'relu' }), inputs: [[7]] },
  {
    layer: 'Dense',
    what: 'on images, without bias',
    make: () => L.dense({ units: 5, useBias: false }),
    inputs: [image],
  },
  ...(['same', 'valid'] as const).flatMap((padding): readonly Case[] => [
    {
      layer: 'Conv2D',
      what: padding,
      make: () => L.conv2d({ filters: 3, kernelSize: [3, 2], strides: 2, padding, activation: 'tanh' }),
      inputs: [image],
    },
    {
      layer: 'DepthwiseConv2D',
      what: padding,
      make: () => L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding, strides: 2 }),
      inputs: [image],
    },
    {
      layer: 'SeparableConv2D',
      what: padding,
      make: () => L.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, padding }),
      inputs: [image],
    },
    {
      layer: 'Conv2DTranspose',
      what: padding,
      make: () => L.conv2dTranspose({ filters: 3, kernelSize: [3, 4], strides: [2, 1], padding }),
      inputs: [image],
    },
    {
      layer: 'AveragePooling2D',
      what: padding,
      make: () => L.averagePooling2d({ poolSize: [3, 2], strides: 2, padding }),
      inputs: [image],
    },
    { layer: 'MaxPooling2D', what: padding, make: () => L.maxPooling2d({ poolSize: 2, padding }), inputs: [image] },
    {
      layer: 'AveragePooling1D',
      what: padding,
      make: () => L.averagePooling1d({ poolSize: 3, strides: 2, padding }),
      inputs: [[9, 4]],
    },
    { layer: 'MaxPooling1D', what: padding, make: () => L.maxPooling1d({ poolSize: 2, padding }), inputs: [[9, 4]] },
  ]),
  ...(['same', 'valid'] as const).map(
    (padding): Case => ({
      layer: 'Conv1D',
      what: padding,
      make: () => L.conv1d({ filters: 3, kernelSize: 3, dilationRate: 2, padding }),
      inputs: [[9, 4]],
    }),
  ),
  {
    layer: 'Conv2D',
    what: 'dilated',
    make: () => L.conv2d({ filters: 3, kernelSize: 2, dilationRate: 2 }),
    inputs: [image],
  },
  { layer: 'BatchNormalization', make: () => L.batchNormalization({}), inputs: [image] },
  {
    layer: 'BatchNormalization',
    what: 'without scale and offset',
    make: () => L.batchNormalization({ scale: false, center: false, epsilon: 0.1 }),
    inputs: [[7]],
  },
  { layer: 'LayerNormalization', make: () => L.layerNormalization({}), inputs: [[3, 7]] },
  {
    layer: 'LayerNormalization',
    what: 'of all axes',
    make: () => L.layerNormalization({ axis: [1, 2], scale: false }),
    inputs: [[3, 7]],
  },
  { layer: 'Embedding', make: () => L.embedding({ inputDim: 10, outputDim: 4 }), inputs: [[5]], whole: true },
  { layer: 'GlobalAveragePooling1D', make: () => L.globalAveragePooling1d({}), inputs: [[9, 4]] },
  { layer: 'GlobalMaxPooling1D', make: () => L.globalMaxPooling1d({}), inputs: [[9, 4]] },
  {
    layer: 'GlobalAveragePooling2D',
    make: () => L.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
    inputs: [image],
  },
  { layer: 'GlobalMaxPooling2D', make: () => L.globalMaxPooling2d({ dataFormat: 'channelsLast' }), inputs: [image] },
  ...(
    [
      'elu',
      'hardSigmoid',
      'linear',
      'relu',
      'relu6',
      'selu',
      'sigmoid',
      'softmax',
      'softplus',
      'softsign',
      'tanh',
      'swish',
      'mish',
      'gelu',
    ] as const
  ).map(
    (activation): Case => ({
      layer: 'Activation',
      what: activation,
      make: () => L.activation({ activation }),
      inputs: [[3, 7]],
    }),
  ),
  { layer: 'ELU', make: () => L.elu({}), inputs: [[7]] },
  { layer: 'LeakyReLU', make: () => L.leakyReLU({ alpha: 0.125 }), inputs: [[7]] },
  { layer: 'LeakyReLU', what: 'as it comes', make: () => L.leakyReLU({}), inputs: [[7]] },
  { layer: 'PReLU', make: () => L.prelu({}), inputs: [[3, 4]] },
  { layer: 'PReLU', what: 'shared', make: () => L.prelu({ sharedAxes: [1, 2] }), inputs: [image] },
  { layer: 'ReLU', make: () => L.reLU({}), inputs: [[7]] },
  { layer: 'ReLU', what: 'up to six', make: () => L.reLU({ maxValue: 6 }), inputs: [[7]] },
  { layer: 'ReLU', what: 'up to a half', make: () => L.reLU({ maxValue: 0.5 }), inputs: [[7]] },
  { layer: 'ThresholdedReLU', make: () => L.thresholdedReLU({ theta: 0.25 }), inputs: [[7]] },
  { layer: 'Softmax', make: () => L.softmax({ axis: -1 }), inputs: [[3, 7]] },
  { layer: 'Add', make: () => L.add(), inputs: [image, image, image] },
  { layer: 'Multiply', make: () => L.multiply(), inputs: [image, [1, 1, 4]] },
  { layer: 'Average', make: () => L.average(), inputs: [[7], [7], [7]] },
  { layer: 'Maximum', make: () => L.maximum(), inputs: [[7], [7]] },
  { layer: 'Minimum', make: () => L.minimum(), inputs: [[7], [7]] },
  { layer: 'Concatenate', make: () => L.concatenate({ axis: -1 }), inputs: [image, [6, 5, 2]] },
  {
    layer: 'Concatenate',
    what: 'along rows',
    make: () => L.concatenate({ axis: 1 }),
    inputs: [image, [2, 5, 4]],
  },
  { layer: 'Flatten', make: () => L.flatten(), inputs: [image] },
  { layer: 'Reshape', make: () => L.reshape({ targetShape: [5, -1] }), inputs: [image] },
  { layer: 'Permute', make: () => L.permute({ dims: [3, 1, 2] }), inputs: [image] },
  { layer: 'RepeatVector', make: () => L.repeatVector({ n: 3 }), inputs: [[7]] },
  { layer: 'Dropout', make: () => L.dropout({ rate: 0.5 }), inputs: [[7]] },
  { layer: 'SpatialDropout1D', make: () => L.spatialDropout1d({ rate: 0.5 }), inputs: [[3, 7]] },
  { layer: 'GaussianNoise', make: () => L.gaussianNoise({ stddev: 1 }), inputs: [[7]] },
  { layer: 'GaussianDropout', make: () => L.gaussianDropout({ rate: 0.5 }), inputs: [[7]] },
  { layer: 'AlphaDropout', make: () => L.alphaDropout({ rate: 0.5 }), inputs: [[7]] },
  { layer: 'UpSampling2D', make: () => L.upSampling2d({ size: [2, 3] }), inputs: [image] },
  {
    layer: 'UpSampling2D',
    what: 'bilinear',
    make: () => L.upSampling2d({ size: [2, 3], interpolation: 'bilinear' }),
    inputs: [image],
  },
  {
    layer: 'ZeroPadding2D',
    make: () =>
      L.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
    inputs: [image],
  },
  {
    layer: 'Cropping2D',
    make: () =>
      L.cropping2D({
        cropping: [
          [1, 2],
          [0, 3],
        ],
      }),
    inputs: [image],
  },
  { layer: 'Rescaling', make: () => L.rescaling({ scale: 0.5, offset: -1 }), inputs: [[7]] },
];
