/** Programs that a model is timed against, by the words that the command line has for them. */
export const peerDocs = {
  ort: 'ONNX Runtime on the same file',
  'ort-int8': 'its kernels of 8-bit integers, on a model that we quantise for it',
  tfjs: 'the WebAssembly backend of TensorFlow.js',
  'ort-web': 'ONNX Runtime as WebAssembly',
  litert: 'LiteRT.js, in a browser, on the file of --tflite',
  'tfjs-webgpu': 'the WebGPU backend of TensorFlow.js',
  'ort-webgpu': 'the WebGPU provider of ONNX Runtime: the native one in Node.js, the one for the web in a browser',
} as const;

export type PeerName = keyof typeof peerDocs;

/** Those that have nothing to run on without WebGPU. */
export const needsGpu = (name: PeerName): boolean => name.endsWith('-webgpu');

export const isPeerName = (word: string): word is PeerName => Object.hasOwn(peerDocs, word);
