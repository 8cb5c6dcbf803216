/** A graph → the same with weights of its layers set to zero in a pattern, as a file of another format. */
import type { Report } from '../diagnostic.ts';
import type { ExportedFile } from '../export/exporter.ts';
import type { Graph } from '../graph/graph.ts';
import { parsePattern } from '../prune/index.ts';
import type { LayerKind } from '../prune/layers.ts';
import { layerKinds } from '../prune/layers.ts';
import type { LayerPruning } from '../prune/prune.ts';
import { pruneGraph } from '../prune/prune.ts';
import type { Exemption, Pruner } from '../prune/pruner.ts';
import { usuallyExempt } from '../prune/pruner.ts';
import type { Scope } from '../prune/scope.ts';
import { withGraph } from './bug.ts';
import { exportWith } from './export.ts';
import { everyGlobMatches, sparedBy } from './globs.ts';

export interface PruneModelOptions {
  /** The file to write, NAME.onnx or NAME.graph. */
  readonly out: string;
  /** With its parameters, e.g. `block:4x1:0.9`. */
  readonly pattern: string;
  /** What is kept: weights of large magnitude, the only one so far. */
  readonly by?: 'magnitude' | undefined;
  /** `layer` unless given. */
  readonly scope?: Scope | undefined;
  /** First and depthwise layers unless given; for whole channels last layers as well. */
  readonly exempt?: readonly Exemption[] | undefined;
  /** All kinds unless given. */
  readonly layers?: readonly LayerKind[] | undefined;
  /** Names or globs of layers, or of their weights, that are left as they are. */
  readonly keep?: readonly string[] | undefined;
  /** Names or globs of the only layers that are pruned. */
  readonly only?: readonly string[] | undefined;
}

export interface Pruned {
  /** The graph as it was written. */
  readonly graph: Graph;
  /** In the order of the graph. */
  readonly layers: readonly LayerPruning[];
  /** The first is the one asked for; the others go beside it. */
  readonly files: readonly ExportedFile[];
}

/** The pattern with its parameters, where it goes with the scope; undefined, and reported, if not. */
export function prunerFor({ pattern, scope = 'layer' }: PruneModelOptions, report: Report): Pruner | undefined {
  const pruner = parsePattern(pattern, report);
  if (!pruner || pruner.kind === 'ranked' || scope === 'layer') return pruner;
  report({
    severity: 'error',
    code: 'prune/scope',
    message: `the scope is "${scope}", and the pattern "${pattern}" itself says how much each layer keeps`,
    hint: 'leave out --scope',
  });
  return undefined;
}

/** The pruned model, none of its files written yet; undefined, and reported, if there is none. */
export function pruneWith(imported: Graph, options: PruneModelOptions, report: Report): Pruned | undefined {
  const { out, scope = 'layer', layers: kinds = layerKinds, keep = [], only = [] } = options;
  const pruner = prunerFor(options, report);
  if (!pruner || !everyGlobMatches(imported, [...keep, ...only], 'prune', report)) return undefined;
  const spared = sparedBy({ keep, only }, 'prune');
  const exempt = options.exempt ?? pruner.exempt ?? usuallyExempt;
  const { graph, layers } = withGraph(imported, () => pruneGraph(imported, { pruner, scope, exempt, kinds, spared }));
  if (layers.every(({ reason }) => reason !== null)) {
    report({
      severity: 'error',
      code: 'prune/no-layer',
      message: `no layer can be pruned as "${options.pattern}"${layers.length === 0 ? ': none has weights' : reasonsOf(layers)}`,
      origin: { file: imported.file },
      hint: hintFor(layers),
    });
    return undefined;
  }
  const exported = exportWith(graph, { out, passes: 'none' }, report);
  return exported && { ...exported, layers };
}

const mostReasons = 3;

/** Each reason once, with the first layer that has it. */
function reasonsOf(layers: readonly LayerPruning[]): string {
  const firsts = layers.filter(({ reason }, i) => layers.findIndex((l) => l.reason === reason) === i);
  const told = firsts.slice(0, mostReasons).map(({ name, reason }) => `"${name}" ${reason}`);
  return `: ${told.join('; ')}${firsts.length > mostReasons ? '; …' : ''}`;
}

const hintFor = (layers: readonly LayerPruning[]): string =>
  layers.some(
    ({ reason }) => reason === 'is a first layer' || reason === 'is a last layer' || reason === 'is depthwise',
  )
    ? 'with --exempt none first and depthwise layers are pruned as well'
    : 'espalier inspect lists the layers';
