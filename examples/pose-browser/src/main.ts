/** A picture, or what the camera sees → the person in it, drawn on a canvas. The model is compiled when the page is built. */
import { load } from '../../blazepose-detector/model.json?espalier';
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

const before = performance.now();
const model = await load();
const loadMs = performance.now() - before;

type Source = HTMLVideoElement | ImageBitmap;

/** Finds the person in the square in the middle of a picture, draws both, and says how long it took. */
function show(source: Source): void {
  const [width, height] =
    source instanceof ImageBitmap ? [source.width, source.height] : [source.videoWidth, source.videoHeight];
  const square = Math.min(width, height);
  small.drawImage(source, (width - square) / 2, (height - square) / 2, square, square, 0, 0, side, side);
  const since = performance.now();
  fill(small.getImageData(0, 0, side, side).data);
  const person = bestPerson(model.run().person);
  const runMs = performance.now() - since;
  context.drawImage(small.canvas, 0, 0, view.width, view.height);
  draw(person);
  const { score, face } = person;
  const found = score < sure ? 'nobody' : `a person, face at (${face.x.toFixed(1)}, ${face.y.toFixed(1)})`;
  said.value = `${found}, score ${score.toFixed(2)}: ${runMs.toFixed(1)} ms, loaded in ${loadMs.toFixed(0)} ms`;
}

/** RGBA bytes → RGB in [-1, 1], written where the model reads. */
function fill(pixels: Uint8ClampedArray): void {
  const { input } = model.inputs;
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
show(shown);

element<HTMLInputElement>('file').addEventListener('change', async ({ target }) => {
  const [file] = (target as HTMLInputElement).files ?? [];
  if (!file) return;
  shown = await bitmap(file);
  show(shown);
});

element('camera').addEventListener('click', async () => {
  const video = document.createElement('video');
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  await video.play();
  shown = video;
  const next = (): void => {
    if (shown !== video) return;
    show(video);
    video.requestVideoFrameCallback(next);
  };
  next();
});

// In the dev server: the model's file changed, and `model` is the new one already.
addEventListener('espalier:update', () => show(shown));

// For the console.
Object.assign(globalThis, { model });
