/**
 * The gradients of a convolution for tfjs-backend-wasm, which has none with respect to weights and a slow one with respect
 * to inputs: both are convolutions themselves, and those are fast there.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Adds them to the backend `wasm`. */
export function registerGradients(): void {
  tf.unregisterKernel(tf.Conv2DBackpropInput, 'wasm');
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropInput,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { dy, filter } = inputs as Record<'dy' | 'filter', tf.Tensor4D>;
      return tf.tidy(() => inputGradient(dy, filter, attrs as unknown as tf.Conv2DBackpropInputAttrs));
    },
  });
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropFilter,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as Record<'x' | 'dy', tf.Tensor4D>;
      return tf.tidy(() => filterGradient(x, dy, attrs as unknown as tf.Conv2DBackpropFilterAttrs));
    },
  });
}

/** dy goes through the kernel turned by half a turn, with outputs for inputs. Of stride 1 alone: only first layers have another. */
export function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, attrs: tf.Conv2DBackpropInputAttrs): tf.Tensor {
  const { inputShape, strides, pad, dimRoundingMode } = attrs;
  const { shape } = filter;
  const { padInfo, strideHeight, strideWidth } = tf.backend_util.computeConv2DInfo(
    inputShape,
    shape,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  if (strideHeight !== 1 || strideWidth !== 1) throw new Error('strides above 1 are not supported');
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  const { top, bottom, left, right } = padInfo;
  const [high, wide] = [shape[0] - 1, shape[1] - 1];
  const around: Padding = [
    [0, 0],
    [high - top, high - bottom],
    [wide - left, wide - right],
    [0, 0],
  ];
  return tf.conv2d(dy, turned, 1, around);
}

/** Pictures take the place of channels: x as [ci, h, w, n] with dy as a kernel [oh, ow, n, co], whose taps lie a stride apart. */
export function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, attrs: tf.Conv2DBackpropFilterAttrs): tf.Tensor {
  const { filterShape, strides, pad, dimRoundingMode } = attrs;
  const { padInfo, strideHeight, strideWidth } = tf.backend_util.computeConv2DInfo(
    x.shape,
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { top, bottom, left, right } = padInfo;
  const channels = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
  const kernel = tf.transpose(dy, [1, 2, 0, 3]);
  const result = tf.conv2d(channels as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'valid', 'NHWC', [
    strideHeight,
    strideWidth,
  ]);
  const [kh, kw] = filterShape;
  return tf.transpose(tf.slice(result, [0, 0, 0, 0], [-1, kh, kw, -1]), [1, 2, 0, 3]);
}

type Padding = [[number, number], [number, number], [number, number], [number, number]];
