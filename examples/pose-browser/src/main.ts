/**
 * A picture, or what the camera sees → the person in it, drawn on a canvas. The model is compiled when the page is built: for
 * WebGPU, and for WebAssembly, which runs where there is no WebGPU or where it is asked for.
 */
import { load } from '../../blazepose-detector/model.json?target=webgpu&espalier';
import picture from '../../person.png';
import type { Person } from '../../person.ts';
import { bestPerson } from '../../person.ts';

/** Pixels a side of what the model takes. */
const side = 224;

/** From this score on it is a person. */
const sure = 0.5;

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const view = element<HTMLCanvasElement>('view');
const said = element<HTMLOutputElement>('said');
const context = view.getContext('2d')!;
const small = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true })!;

const onGpu = element<HTMLInputElement>('gpu');
const input = new Float32Array(side * side * 3);

async function loaded() {
  const before = performance.now();
  const model = await load(onGpu.checked ? {} : { backend: 'wasm' });
  return { model, loadMs: performance.now() - before };
}

let { model, loadMs } = await loaded();

type Source = HTMLVideoElement | ImageBitmap;

/** What is done one after the other: pictures, and other models. */
let work: Promise<unknown> = Promise.resolve();

const then = (job: () => Promise<void>): Promise<unknown> =>
  (work = work.then(job).catch(({ message }: Error) => (said.value = message)));

const show = (source: Source) => then(() => find(source));

/** Finds the person in the square in the middle of a picture, draws both, and says how long it took, and where. */
async function find(source: Source): Promise<void> {
  const [width, height] =
    source instanceof ImageBitmap ? [source.width, source.height] : [source.videoWidth, source.videoHeight];
  const square = Math.min(width, height);
  small.drawImage(source, (width - square) / 2, (height - square) / 2, square, square, 0, 0, side, side);
  const since = performance.now();
  fill(small.getImageData(0, 0, side, side).data);
  const output = await model.run({ input });
  const person = bestPerson(output.person);
  const runMs = performance.now() - since;
  context.drawImage(small.canvas, 0, 0, view.width, view.height);
  draw(person);
  const { score, face } = person;
  const found = score < sure ? 'nobody' : `a person, face at (${face.x.toFixed(1)}, ${face.y.toFixed(1)})`;
  const where = model.backend === 'webgpu' ? 'WebGPU' : `WebAssembly (${model.reason})`;
  said.value = `${found}, score ${score.toFixed(2)}: ${runMs.toFixed(1)} ms on ${where}, loaded in ${loadMs.toFixed(0)} ms`;
  // For the console.
  Object.assign(globalThis, { model, output });
}

/** RGBA bytes → RGB in [-1, 1]. */
function fill(pixels: Uint8ClampedArray): void {
  for (let i = 0; i < side * side; i++) for (let c = 0; c < 3; c++) input[i * 3 + c] = pixels[i * 4 + c] / 127.5 - 1;
}

function draw({ score, face, hips, shoulders }: Person): void {
  if (score < sure) return;
  const scale = view.width / side;
  context.lineWidth = 4;
  context.strokeStyle = 'lime';
  context.strokeRect(
    (face.x - face.width / 2) * scale,
    (face.y - face.height / 2) * scale,
    face.width * scale,
    face.height * scale,
  );
  context.fillStyle = 'red';
  for (const { x, y } of [hips, shoulders]) {
    context.beginPath();
    context.arc(x * scale, y * scale, 7, 0, 2 * Math.PI);
    context.fill();
  }
}

const bitmap = async (blob: Blob): Promise<ImageBitmap> => createImageBitmap(blob);

let shown: Source = await bitmap(await (await fetch(picture)).blob());
await show(shown);

onGpu.addEventListener('change', () => {
  then(async () => {
    model.dispose();
    ({ model, loadMs } = await loaded());
  });
  show(shown);
});

element<HTMLInputElement>('file').addEventListener('change', async ({ target }) => {
  const [file] = (target as HTMLInputElement).files ?? [];
  if (!file) return;
  shown = await bitmap(file);
  await show(shown);
});

element('camera').addEventListener('click', async () => {
  const video = document.createElement('video');
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  await video.play();
  shown = video;
  const next = async (): Promise<void> => {
    if (shown !== video) return;
    await show(video);
    video.requestVideoFrameCallback(next);
  };
  await next();
});

// In the dev server: the model's file changed, and `model` is the new one already.
addEventListener('espalier:update', () => show(shown));
