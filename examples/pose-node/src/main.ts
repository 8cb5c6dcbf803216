/** `node dist/main.js PICTURE.png`: where the person is in a picture of 224 x 224. The model is compiled when this is built. */
import { readFileSync } from 'node:fs';
import { decode } from 'fast-png';
import { load } from '../../blazepose-detector/model.json?espalier';
import { bestPerson } from '../../person.ts';

/** Pixels a side of what the model takes. */
const side = 224;

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('give the path of a picture');
const { width, height, channels, data } = decode(readFileSync(file));
if (width !== side || height !== side)
  throw new Error(`the picture is ${width} x ${height}, and the model takes 224 x 224`);

const model = await load();
const input = new Float32Array(side * side * 3);
for (let i = 0; i < side * side; i++)
  for (let c = 0; c < 3; c++) input[i * 3 + c] = data[i * channels + (channels < 3 ? 0 : c)] / 127.5 - 1;

const since = performance.now();
const { person } = model.run({ input });
const ms = performance.now() - since;
const { score, face } = bestPerson(person);
console.log(
  `a person, score ${score.toFixed(2)}, face at (${face.x.toFixed(1)}, ${face.y.toFixed(1)}): ${ms.toFixed(1)} ms`,
);
