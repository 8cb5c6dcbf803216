/** A plan as files: header, source, weights, build file, example, check, and the recipe that builds them. */
import { bug } from '../../src/diagnostic.ts';
import { alignUp } from '../../src/plan/arena.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Artefact, Emission, EmitContext, Render } from '../../src/target.ts';
import { bytesOf } from '../../src/tensor/numbers.ts';
import type { CPort } from '../c.ts';
import { cPorts } from '../c.ts';
import type { Places } from '../gpu/places.ts';
import { placesOf } from '../gpu/places.ts';
import type { Arch } from './archs.ts';
import { archDoc } from './archs.ts';
import type { Blob } from './blob.ts';
import { emitBlob } from './blob.ts';
import { emitBuild } from './build.ts';
import type { Module } from './module.ts';
import { moduleOf } from './module.ts';
import { partsFor } from './parts.ts';

export interface Flavour {
  readonly archs: readonly Arch[];
  readonly prefix: string;
  /** What the check program allows for. */
  readonly error: number;
}

export function emit(
  plan: Plan,
  { render, recorded, report, checks = true }: EmitContext,
  { archs, prefix, error }: Flavour,
): Emission {
  const { name } = plan;
  const places = placesOf(plan);
  const fault = tooLarge(plan, places);
  if (fault !== undefined) {
    const hint = 'give the inputs smaller sizes, or build a part of the model';
    report({ severity: 'error', code: 'cuda/too-large', message: fault, origin: { file: name }, hint });
    return { artefacts: [], recipe: [] };
  }
  const symbol = `${prefix}${name}`;
  const upper = symbol.toUpperCase();
  const [inputs, outputs] = portsOf(plan, places, upper);
  const weights = emitBlob(
    { file: `${name}_weights`, symbol: `${symbol}_weights`, role: 'weights', bytes: places.weights },
    render,
  );
  const check = checks ? recordedBlob({ name, symbol, inputs, outputs }, recorded(), render) : undefined;
  const build = emitBuild({ name, symbol, weights, recorded: check?.blob, archs }, render);
  const begin = weightBytes(places);
  const common = {
    ...{
      name,
      symbol,
      upper,
      inputs,
      outputs,
      weights: `${symbol}_weights`,
      archs: archDoc(archs),
      deviceBytes: begin + places.memory,
    },
    ports: [...inputs.map((p) => ({ ...p, from: 'inputs' })), ...outputs.map((p) => ({ ...p, from: 'outputs' }))],
  };
  const module = placedModule(plan, render, places);
  return {
    artefacts: [
      { path: `${name}.h`, contents: header(common, build.command, render), role: 'header' },
      { path: `${name}.cu`, contents: source(common, module, places, render), role: 'source' },
      ...weights.artefacts,
      {
        path: `${name}_example.cu`,
        contents: render('cuda/example.cu.hbs', { ...common, ...usageOf(common) }),
        role: 'example',
      },
      ...(check
        ? [
            checkOf(name, render('cuda/check.cu.hbs', { ...common, ...check.view, most: String(error) })),
            ...check.blob.artefacts,
          ]
        : []),
      build.artefact,
    ],
    recipe: build.recipe,
  };
}

const checkOf = (name: string, contents: string): Artefact => ({ path: `${name}_check.cu`, contents, role: 'check' });

/** With arrays where the device has them. */
export function placedModule(plan: Plan, render: Render, places: Places = placesOf(plan)): Module {
  const begin = weightBytes(places);
  return moduleOf(plan, (array) => placeText(array.name, places.at.get(array), begin), render);
}

/** Of Node.js, and of what an i32 counts in an array. */
const mostBytes = 2 ** 31 - 1;

function tooLarge(plan: Plan, { weights, at }: Places): string | undefined {
  if (weights.length > mostBytes) return `has ${weights.length} bytes of constants, and one file may have ${mostBytes}`;
  const largest = [...at.keys()].find(({ length }) => length > mostBytes);
  if (largest) return `has an array of ${largest.length} numbers, and kernels count up to ${mostBytes}`;
  const ports = [...plan.inputs, ...plan.outputs].reduce((sum, { array }) => sum + 4 * array.length, 0);
  return ports > mostBytes ? `has ${ports} bytes of inputs and outputs, and one file may have ${mostBytes}` : undefined;
}

/** What the device asks of the beginning of what is computed, which comes after the weights. */
const weightBytes = ({ weights }: Places): number => alignUp(weights.length, 256);

function placeText(name: string, place: ReturnType<Places['at']['get']>, begin: number): string {
  const { buffer, offset } = place ?? bug(`"${name}" has no place`);
  return `memory + ${buffer === 'weights' ? offset : begin + offset}`;
}

interface Placed extends CPort {
  /** Bytes from the beginning of the device's memory. */
  readonly offset: number;
}

function portsOf(plan: Plan, places: Places, upper: string): readonly [readonly Placed[], readonly Placed[]] {
  const begin = weightBytes(places);
  const placed = (ports: readonly CPort[]): readonly Placed[] =>
    ports.map((p) => ({
      ...p,
      offset: begin + (places.at.get(p.port.array)?.offset ?? bug(`"${p.member}" has no place`)),
    }));
  return [placed(cPorts(plan.inputs, `${upper}_INPUT`)), placed(cPorts(plan.outputs, `${upper}_OUTPUT`))];
}

interface Common {
  readonly name: string;
  readonly symbol: string;
  readonly upper: string;
  readonly inputs: readonly Placed[];
  readonly outputs: readonly Placed[];
}

const header = (common: Common, command: string, render: Render): string =>
  render('cuda/model.h.hbs', {
    ...common,
    guard: `${common.upper}_H`,
    command,
    exampleInputs: common.inputs.map((p) => `.${p.member} = ...`).join(', '),
    exampleOutputs: common.outputs.map((p) => `.${p.member} = ...`).join(', '),
  });

function source(common: Common, module: Module, places: Places, render: Render): string {
  const texts = [...module.functions, ...module.kernels];
  return render('cuda/model.cu.hbs', {
    ...common,
    weightBytes: places.weights.length,
    parts: [...partsFor(texts.join('\n'), render), ...module.functions],
    kernels: module.kernels,
    largest: module.largest,
    steps: module.steps.map(({ line, launches }) => ({ line, launches })),
  });
}

const usageOf = ({ inputs, outputs }: Common) => ({
  usage: [...inputs.map((p) => `${p.member}.bin`), ...outputs.map((p) => `${p.member}_out.bin`)].join(' '),
  files: inputs.length + outputs.length,
});

/** Inputs, and the outputs that they must give, one after the other. */
function recordedBlob(
  { name, symbol, inputs, outputs }: Pick<Common, 'name' | 'symbol' | 'inputs' | 'outputs'>,
  recorded: ReturnType<EmitContext['recorded']>,
  render: Render,
): { readonly blob: Blob; readonly view: object } {
  let end = 0;
  const pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  const put = (ports: readonly Placed[], values: typeof recorded.inputs) =>
    ports.map((p) => {
      const bytes = bytesOf(values[p.port.name] ?? bug(`nothing was recorded for "${p.port.name}"`));
      const offset = end;
      pieces.push({ offset, bytes });
      end = alignUp(end + bytes.length);
      return { ...p, at: offset };
    });
  const recordedInputs = put(inputs, recorded.inputs);
  const recordedOutputs = put(outputs, recorded.outputs);
  const all = new Uint8Array(end);
  for (const { offset, bytes } of pieces) all.set(bytes, offset);
  const blob = emitBlob({ file: `${name}_recorded`, symbol: `${symbol}_recorded`, role: 'check', bytes: all }, render);
  const types = [...new Set(outputs.map((p) => p.type))].map((type) => ({ type }));
  return { blob, view: { inputs: recordedInputs, outputs: recordedOutputs, types, recorded: `${symbol}_recorded` } };
}
