/** The examples that Vite builds, as somebody builds them who installed the package: what they compute, and what they draw. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { parse } from 'npyjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../examples/person.ts';
import { bestPerson, columns } from '../../examples/person.ts';
import { ensureBuilt, espalier } from '../cli-kit.ts';
import { chromiumPath, launch, serve } from '../page-kit.ts';
import { appFolder, installed, root } from '../plugin-kit.ts';

const recorded = readFileSync(join(root, 'examples/blazepose-detector/expected.npy'));
/** What TensorFlow.js makes of the picture. */
const expected = parse(Uint8Array.from(recorded).buffer).data as Float32Array;

let folder: string;
beforeAll(() => {
  ensureBuilt();
  folder = appFolder();
  installed(folder, ['vite', 'fast-png', '@types']);
  for (const name of ['pose-browser', 'pose-node', 'person.ts', 'person.png', 'blazepose-detector'])
    cpSync(join(root, 'examples', name), join(folder, name), {
      recursive: true,
      filter: (path) => !/node_modules|dist$/.test(path.slice(root.length)),
    });
});

/** A program of ours in one of the examples. */
function run(example: string, script: string, ...args: readonly string[]): string {
  const path = script.startsWith('node_modules') ? join(root, script) : script;
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
    cwd: join(folder, example),
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('rror')]);
  return stdout;
}

const vite = 'node_modules/vite/bin/vite.js';

test('on a server the build depends on nothing but its own folder', () => {
  expect(run('pose-node', vite, 'build', '--ssr', 'src/main.ts')).toContain('dist/main.js');
  cpSync(join(folder, 'pose-node/dist'), join(folder, 'elsewhere'), { recursive: true });
  expect(run('.', 'elsewhere/main.js', 'person.png')).toMatch(/^a person, score 0\.83, face at \(91\.9, 71\.7\): /);
});

/** Pixels of a picture that are of a colour, but for what smoothing leaves at the edges. */
function pixelsOf(png: Uint8Array, isOfColour: (red: number, green: number, blue: number) => boolean) {
  const { width, channels, data } = decode(png);
  const found: { readonly x: number; readonly y: number }[] = [];
  for (let i = 0; i < data.length / channels; i++)
    if (isOfColour(data[i * channels], data[i * channels + 1], data[i * channels + 2]))
      found.push({ x: i % width, y: Math.floor(i / width) });
  return { width, found };
}

const isLime = (r: number, g: number, b: number): boolean => r < 60 && g > 200 && b < 60;
const isRed = (r: number, g: number, b: number): boolean => r > 200 && g < 60 && b < 60;

interface Shown {
  readonly output: readonly number[];
  readonly said: string;
  readonly faults: readonly string[];
  readonly asked: readonly string[];
  readonly png: Uint8Array;
}

describe.skipIf(!existsSync(chromiumPath)).each([
  ['without WebGPU', [], 'WebAssembly (WebGPU has no adapter)'],
  ['with WebGPU', ['--enable-unsafe-webgpu'], 'WebGPU'],
  ['with WebGPU, and not wanting it', ['--enable-unsafe-webgpu'], 'WebAssembly (WebAssembly was asked for)'],
] as const)('in chromium, which must be at /usr/bin/chromium, %s', (_, args, where) => {
  let shown: Shown;

  beforeAll(async () => {
    if (!existsSync(join(folder, 'pose-browser/dist'))) run('pose-browser', vite, 'build');
    const served = await serve({ app: { folder: join(folder, 'pose-browser/dist') } });
    const browser = await launch(...args);
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
    await page.goto(`${served.address}/app/`);
    if (where.includes('asked for')) {
      await page.waitForFunction('window.output !== undefined');
      await page.locator('#gpu').uncheck();
    }
    await page.waitForFunction(`document.querySelector('#said').value.includes('ms on ${where}, ')`);
    const output = (await page.evaluate('Array.from(window.output.person)')) as readonly number[];
    const said = await page.locator('#said').innerText();
    const png = await page.locator('canvas').screenshot();
    await browser.close();
    served.close();
    shown = { output, said, faults, asked: served.asked, png };
  });

  test('every column of the output is what TensorFlow.js computes', () => {
    // Without WebGPU Chromium says so itself.
    expect(shown.faults.filter((text) => !/404|WebGPU/.test(text))).toEqual([]);
    for (let c = 0; c < columns; c++) {
      const column = (all: ArrayLike<number>) => Array.from({ length: 2254 }, (_, i) => all[i * columns + c]);
      const [have, want] = [column(shown.output), column(expected)];
      const error = Math.max(...have.map((v, i) => Math.abs(v - want[i]))) / Math.max(...want.map(Math.abs));
      expect(error, `column ${c}`).toBeLessThan(1e-4);
    }
    expect(shown.said).toMatch(/^a person, face at \(91\.9, 71\.7\), score 0\.83: /);
  });

  test('what runs is fetched once, from beside the script, and nothing is fetched for what does not', () => {
    const endings = shown.asked.flatMap(
      (path) => /^\/app\/assets\/blazepose_detector-[^/]*\.(bin|wasm|wgsl)$/.exec(path)?.[1] ?? [],
    );
    const gpu = where.startsWith('WebAssembly (WebGPU') ? [] : ['bin', 'wgsl'];
    expect(endings.toSorted()).toEqual([...gpu, ...(where === 'WebGPU' ? [] : ['wasm'])].toSorted());
  });

  test('the box is drawn around the face, and a point between the shoulders', () => {
    const { face, shoulders }: Person = bestPerson(expected);
    const box = pixelsOf(shown.png, isLime);
    const scale = box.width / 224;
    const [xs, ys] = [box.found.map(({ x }) => x / scale), box.found.map(({ y }) => y / scale)];
    const edges = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const { x, y, width, height } = face;
    const want = [x - width / 2, x + width / 2, y - height / 2, y + height / 2];
    edges.forEach((edge, i) => void expect(Math.abs(edge - want[i])).toBeLessThan(2));
    expect(box.found.length).toBeLessThan(8 * (width + height) * scale);

    const near = pixelsOf(shown.png, isRed).found.filter(
      (p) => Math.hypot(p.x / scale - shoulders.x, p.y / scale - shoulders.y) < 5,
    );
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length / scale;
    expect(near.length).toBeGreaterThan(50);
    expect(Math.abs(mean(near.map((p) => p.x)) - shoulders.x)).toBeLessThan(1);
    expect(Math.abs(mean(near.map((p) => p.y)) - shoulders.y)).toBeLessThan(1);
  });
});

test('the file of types is the one that is written', () => {
  if (!existsSync(join(folder, 'pose-browser/dist'))) run('pose-browser', vite, 'build');
  const path = 'pose-browser/src/models.d.ts';
  expect(readFileSync(join(folder, path), 'utf8')).toBe(readFileSync(join(root, 'examples', path), 'utf8'));
});

test.each([
  ['as it comes', 'wasm', 'any.json?espalier', []],
  [
    'for threads, with weights in a file of their own',
    'wasm',
    'any.json?espalier',
    ['--threads', '2', '--weights-file'],
  ],
  ['for WebGPU', 'webgpu', 'any.json?batch=1&target=webgpu&espalier', []],
])('`espalier/client` says no less of a module than its own types do: %s', async (_how, target, any, options) => {
  const model = join(root, 'examples/blazepose-detector');
  await espalier(['build', model, '-t', target, '--source-only', ...options, '--force', '-o', join(folder, 'exact')]);
  writeFileSync(
    join(folder, 'pose-node/src/check.ts'),
    `import type * as Any from './${any}';
    import type * as Exact from '../../exact/blazepose_detector.js';
    export const model = (exact: Exact.Model): Any.Model => exact;
    export const options = (any: Pick<Any.Options, keyof Exact.Options>): Exact.Options => any;
    export const load = (exact: typeof Exact.load): typeof Any.load => exact;
    export const source = (any: Parameters<typeof Any.load>): Parameters<typeof Exact.load> => any;
    export const shapes = (exact: typeof Exact.shapes): typeof Any.shapes => exact;
    export const fault = (exact: Exact.InputError): Any.InputError => exact;
    export const values = (exact: keyof typeof Exact): keyof typeof Any => exact;
    export const members = (exact: keyof Exact.Model): keyof Any.Model => exact;`,
  );
  expect(run('pose-node', 'node_modules/typescript/bin/tsc', '--noEmit', '-p', '.')).toBe('');
});

test('the file of types knows the sizes of each model', () => {
  const path = join(folder, 'pose-browser/src/check.ts');
  const check = (size: number): void =>
    writeFileSync(
      path,
      `import { shapes } from '../../blazepose-detector/model.json?target=webgpu&espalier';
      export const size: ${size} = shapes.inputs.input[1];`,
    );
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', '.'];
  const faults = (): string =>
    spawnSync(process.execPath, tsc, { cwd: join(folder, 'pose-browser'), encoding: 'utf8' }).stdout;
  check(224);
  expect(faults()).toBe('');
  check(225);
  expect(faults()).toContain("Type '224' is not assignable to type '225'");
  rmSync(path);
});

test.each(['pose-browser', 'pose-node'])('types of %s fit', (example) => {
  expect(run(example, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', '.')).toBe('');
});
