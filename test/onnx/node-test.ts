/**
 * The standard's own tests of operators: a folder each, with a model, its inputs and its outputs. A test passes if every
 * output is within the standard's tolerance, |a − b| <= 1e-7 + 1e-3 |b|.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../../src/diagnostic.ts';
import type { Named } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Fixed } from '../../src/import/importer.ts';
import { importModel } from '../../src/import/index.ts';
import type { GraphProto, ModelProto, TensorProto, ValueInfoProto } from '../../src/import/onnx/schema.ts';
import { decode } from '../../src/import/onnx/schema.ts';
import type { Tensor } from '../../src/import/onnx/tensors.ts';
import { readTensor } from '../../src/import/onnx/tensors.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { sameShape } from '../../src/tensor/type.ts';

/** Debian's libonnx-testdata. */
export const testFolder = '/usr/share/libonnx-testdata/data/node';

export interface NodeTest {
  readonly name: string;
  readonly operators: readonly string[];
  readonly graph: GraphProto;
  readonly folder: string;
}

export interface Outcome {
  readonly result: 'passed' | 'refused' | 'failed';
  /** Why it was refused, or how it failed. */
  readonly reason?: string;
  /** Inputs that were known when the model was compiled: shapes, axes and the like. */
  readonly fixed: readonly string[];
}

/** Computes the outputs of a graph. */
export type Compute = (graph: Graph, inputs: Named) => Promise<Named> | Named;

export const nodeTests = (): readonly NodeTest[] =>
  readdirSync(testFolder)
    .sort()
    .filter((name) => existsSync(join(testFolder, name, 'model.onnx')))
    .map((name) => {
      const folder = join(testFolder, name);
      const { graph } = decode<ModelProto>('ModelProto', readFileSync(join(folder, 'model.onnx')));
      if (!graph) throw new Error(`${folder} holds no graph`);
      const operators = [...new Set(graph.node.map((n) => (n.domain === '' ? n.opType : `${n.domain}.${n.opType}`)))];
      return { name, folder, graph, operators };
    });

export async function runNodeTest(test: NodeTest, compute: Compute): Promise<Outcome> {
  const names = test.graph.input.map((i) => i.name);
  const sets = readdirSync(test.folder)
    .filter((name) => name.startsWith('test_data_set_'))
    .map((name) => dataOf(join(test.folder, name), test.graph));
  let last: Outcome = { result: 'refused', reason: 'it has no data', fixed: [] };
  for (const data of sets) {
    last = await runSet(test, names, data, compute);
    if (last.result !== 'passed') return last;
  }
  return last;
}

interface Data {
  readonly inputs: ReadonlyMap<string, Tensor | string>;
  readonly outputs: ReadonlyMap<string, Tensor | string>;
}

/** Few inputs are fixed where that suffices, and more where the model cannot be compiled otherwise. */
async function runSet(test: NodeTest, names: readonly string[], data: Data, compute: Compute): Promise<Outcome> {
  const odd = [...data.inputs, ...data.outputs].find(([, tensor]) => typeof tensor === 'string');
  const listed = (name: string): boolean => {
    const tensor = data.inputs.get(name);
    return typeof tensor === 'object' && tensor.shape.length <= 1;
  };
  const choices = [[], names.slice(1).filter(listed), names.slice(1), names];
  const tried = new Set<string>();
  let reason = '';
  for (const fixed of choices) {
    if (tried.has(fixed.join())) continue;
    tried.add(fixed.join());
    const { graph, diagnostics } = load(test, fixed, data);
    if (graph && odd) return { result: 'failed', reason: `its data hold a tensor that ${String(odd[1])}`, fixed };
    if (graph) return { fixed, ...(await compare(graph, fixed, data, compute)) };
    reason ||= diagnostics.find((d) => d.severity === 'error')?.message ?? 'nothing was said';
  }
  return { result: 'refused', reason, fixed: [] };
}

function load(test: NodeTest, fixed: readonly string[], { inputs }: Data) {
  const diagnostics: Diagnostic[] = [];
  const file = join(test.folder, 'model.onnx');
  const constants: Record<string, Fixed> = {};
  for (const name of fixed) {
    const tensor = inputs.get(name);
    if (typeof tensor === 'object') constants[name] = { data: tensor.data, shape: tensor.shape };
  }
  const open = [...inputs].filter(([name, tensor]) => typeof tensor === 'object' && !(name in constants));
  const shapes = Object.fromEntries(open.map(([name, tensor]) => [name, (tensor as Tensor).shape]));
  const graph = importModel(file, {
    read: (path) => new Uint8Array(readFileSync(join(test.folder, path))),
    report: (d) => void diagnostics.push(d),
    options: { constants, shapes },
  });
  return { graph, diagnostics };
}

async function compare(
  graph: Graph,
  fixed: readonly string[],
  { inputs, outputs }: Data,
  compute: Compute,
): Promise<Pick<Outcome, 'result' | 'reason'>> {
  const open = [...inputs].filter(([name]) => !fixed.includes(name));
  let got: Named;
  try {
    got = await compute(graph, Object.fromEntries(open.map(([name, tensor]) => [name, (tensor as Tensor).data])));
  } catch (error) {
    return { result: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
  const byId = new Map(graph.nodes.map((n) => [n.id, n.type.shape]));
  for (const { name, id } of graph.outputs) {
    const want = outputs.get(name) as Tensor;
    if (!sameShape(byId.get(id) ?? [], want.shape))
      return { result: 'failed', reason: `"${name}" has the shape [${byId.get(id)}] and should have [${want.shape}]` };
    const at = firstApart(got[name], want.data, want.element === 'bfloat16' ? bfloat16Step : 1e-3);
    if (at !== undefined)
      return { result: 'failed', reason: `"${name}" has ${got[name][at]} at ${at} and should have ${want.data[at]}` };
  }
  return { result: 'passed' };
}

/** Numbers of 8 digits are cut off in the standard's data, where casts take the nearest. */
const bfloat16Step = 2 ** -7;

/** Where two results are further apart than the standard allows. */
function firstApart(got: Numbers, want: Numbers, relative: number): number | undefined {
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i], want[i]];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (!(Math.abs(a - b) <= 1e-7 + relative * Math.abs(b))) return i;
  }
  return undefined;
}

function dataOf(folder: string, { input, output }: GraphProto): Data {
  const read = (kind: string, ports: readonly ValueInfoProto[]): ReadonlyMap<string, Tensor | string> =>
    new Map(
      ports.flatMap(({ name, type }, i) => {
        const file = join(folder, `${kind}_${i}.pb`);
        return existsSync(file) ? [[name, tensorIn(file, type?.tensorType?.elemType)] as const] : [];
      }),
    );
  return { inputs: read('input', input), outputs: read('output', output) };
}

const [uint16, bfloat16] = [4, 16];

/**
 * Inputs that are sequences or optional values are no tensors. numpy, which wrote the files, has no bfloat16: where the
 * model declares it, the file holds its bits.
 */
function tensorIn(file: string, declared: number | undefined): Tensor | string {
  try {
    const tensor = decode<TensorProto>('TensorProto', readFileSync(file));
    const isBits = tensor.dataType === uint16 && declared === bfloat16;
    return readTensor(isBits ? Object.assign(tensor, { dataType: bfloat16 }) : tensor, () => 'lies elsewhere');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export const hasNodeTests = existsSync(testFolder);
