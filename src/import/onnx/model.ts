/** An ONNX model → a graph: its inputs, its outputs, and everything that lies between them. */
import type { Graph } from '../../graph/graph.ts';
import { broken, graphBuilder } from '../builder.ts';
import type { ImportContext } from '../importer.ts';
import { baseName, graphName } from '../names.ts';
import { suggestion } from '../nearest.ts';
import type { OpenFile } from '../open-file.ts';
import { checkOutputs } from '../outputs.ts';
import { describe, isNamed } from './bound.ts';
import { externalReader } from './external.ts';
import { operatorsIn, placeInputs } from './inputs.ts';
import type { Names } from './names.ts';
import { namesOf } from './names.ts';
import { readNode } from './read-node.ts';
import type { Reading } from './reading.ts';
import { opsetsOf, readingOf, reportCycle } from './reading.ts';
import type { GraphProto, ModelProto } from './schema.ts';
import type { Weights } from './weights.ts';
import { weightsOf } from './weights.ts';

/** Operator sets that are read: from ONNX 1.2 to the newest whose operators are known here. */
const opsets = { oldest: 7, newest: 26 };

export function importModelProto(model: ModelProto, own: OpenFile, file: string, context: ImportContext): Graph | null {
  const { report, options } = context;
  const { masks = {} } = options;
  const { graph } = model;
  const fault = (message: string, hint: string): null => {
    report({ severity: 'error', code: 'import/onnx', message, origin: { file }, hint });
    return null;
  };
  if (!graph) return fault('the file holds no graph', 'it is no ONNX model, or it is damaged: export the model again');
  const versions = opsetsOf(model.opsetImport);
  const version = versions.get('');
  const used = (): string => `${operatorsIn(graph.node)} ${graph.node.length === 1 ? 'is' : 'are'}`;
  if (version === undefined && model.functions.length === 0)
    return fault(
      `the model says nothing of the standard’s operator set; ${used()} of other sets, and no reader knows those`,
      'export the model with operators of the standard',
    );
  if (version !== undefined && (version < opsets.oldest || version > opsets.newest))
    return fault(
      `${used()} of operator set ${version}, and sets ${opsets.oldest} to ${opsets.newest} are read`,
      'convert it with onnx.version_converter.convert_version, or export it with another opset_version',
    );
  const builder = graphBuilder();
  const readExternal = externalReader(own, context);
  const weights = weightsOf({ graph, builder, readExternal, file, report, masks, once: true });
  const reading = readingOf({
    file,
    report,
    builder,
    readExternal,
    functions: model.functions,
    masks,
    shapeHint: 'check the shapes given with --shape; else the model is damaged: export it again',
  });
  if (!checkPorts(graph, fault)) return null;
  // Old files list initializers among the inputs.
  const ports = graph.input.filter(({ name }) => !weights.has(name));
  const inputs = placeInputs(ports, graph.node, builder, file, context);
  if (!inputs) return null;
  const names = namesOf({
    nodes: graph.node,
    given: {
      known: [...inputs.keys(), ...weights.names],
      has: (name) => inputs.has(name) || weights.has(name),
      find: (name) => inputs.get(name) ?? weights.get(name),
    },
    read: (node, seen) => readNode(node, seen, { opsets: versions, bindings: new Map(), path: '' }, reading),
    cycle: (node) => reportCycle(node, reading),
  });
  return finish(graph, names, weights, reading, context);
}

function finish(
  graph: GraphProto,
  names: Names,
  weights: Weights,
  { file, builder, report, masks }: Reading,
  { options }: ImportContext,
): Graph | null {
  let failed = false;
  const fault = (code: string, message: string, hint: string): void => {
    failed = true;
    report({ severity: 'error', code, message, origin: { file }, hint });
  };
  const outputs = graph.output.map(({ name }) => {
    const found = names.find(name);
    if (!names.has(name))
      fault(
        'import/ports',
        `the output "${name}" is not in the graph`,
        suggestion(name, names.known) || 'export the model again',
      );
    else if (found && !isNamed(found))
      fault(
        'import/output',
        `the output "${name}" is ${describe(found)}, and only tensors can be outputs`,
        'export the model with tensors as outputs',
      );
    return { name, value: isNamed(found) ? found.value : broken };
  });
  const constants = graph.node.flatMap(({ opType, output }) => (opType === 'Constant' ? output : []));
  const maskable = new Set([...weights.names, ...constants]);
  for (const name of Object.keys(masks))
    if (!maskable.has(name))
      fault(
        'import/mask',
        `there is a mask for "${name}", and the model has no such weight`,
        suggestion(name, maskable) || 'give masks by the names that weights have in the file',
      );
  const full = outputs.filter(({ value }) => value !== broken);
  if (failed || !checkOutputs(full, file, report)) return null;
  // Whatever could not be read has been reported where it stands.
  return full.length === outputs.length ? builder.finish(graphName(file, options.name), baseName(file), full) : null;
}

function checkPorts({ input, output, node }: GraphProto, fault: (message: string, hint: string) => null): boolean {
  const again = 'export the model again';
  if (output.length === 0) fault('the graph has no output', again);
  const odd = [...input, ...output].find(({ name }) => name === '__proto__' || name === '');
  if (odd?.name === '') fault('an input or output has no name', again);
  else if (odd)
    fault(`an input or output is named "${odd.name}", which no JavaScript object can have as a key of its own`, again);
  const twice = firstRepeated(input.map((p) => p.name)) ?? firstRepeated(output.map((p) => p.name));
  if (twice !== undefined) fault(`two inputs or two outputs are named "${twice}"`, again);
  const repeated = firstRepeated(node.flatMap((n) => n.output.filter((name) => name !== '')));
  if (repeated !== undefined) fault(`two results of nodes are named "${repeated}"`, again);
  return output.length > 0 && !odd && twice === undefined && repeated === undefined;
}

function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
