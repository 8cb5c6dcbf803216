/** Programs that a model is timed against, by the words that the command line has for them. */
export const peerDocs = {
  ort: 'ONNX Runtime on the same file',
  'ort-int8': 'its kernels of 8-bit integers, on a model that we quantise for it',
  tfjs: 'the WebAssembly backend of TensorFlow.js',
  'ort-web': 'ONNX Runtime as WebAssembly',
  litert: 'LiteRT.js, in a browser, on the file of --tflite',
  'tfjs-webgpu': 'the WebGPU backend of TensorFlow.js',
  'ort-webgpu': 'the WebGPU provider of ONNX Runtime: the native one in Node.js, the one for the web in a browser',
  torch: 'PyTorch for CUDA, cuBLAS and cuDNN in f32; needs a Python with torch, PYTHON names another',
  'torch-tf32': 'the same in tf32',
  'torch-f16': 'the same in f16',
  'torch-sparse24': 'dense layers of 2:4 weights by cuSPARSELt in f16',
  'torch-csr': 'dense layers by cuSPARSE in f32',
} as const;

export type PeerName = keyof typeof peerDocs;

export type TorchName = Extract<PeerName, `torch${string}`>;

/** Those that run on what CUDA runs on. */
export const isTorch = (name: PeerName): name is TorchName => name.startsWith('torch');

/** Those that have nothing to run on without WebGPU. */
export const needsGpu = (name: PeerName): boolean => name.endsWith('-webgpu');

export const isPeerName = (word: string): word is PeerName => Object.hasOwn(peerDocs, word);
