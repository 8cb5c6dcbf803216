/** What people say of a decomposition → its options, and a graph of which the weights are made of powers of two. */
import { decomposeSmartdeal } from '../../passes/decompose-smartdeal.ts';
import type { Report } from '../diagnostic.ts';
import { bug } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { runPasses } from '../pass.ts';
import type { LayerKind } from '../prune/layers.ts';
import { layerKinds, layersOf, namesOf } from '../prune/layers.ts';
import { usualFit } from '../smartdeal/fit.ts';
import type { Decomposed, DecomposeOptions } from '../smartdeal/graph.ts';
import { withGraph } from './bug.ts';
import { everyGlobMatches, sparedBy } from './globs.ts';
import { readSaved } from './saved-units.ts';
import { readVectors } from './vectors.ts';

/** All of it may be left out. */
export interface SmartDealOptions {
  /** Coefficients nearer to zero than this are cut; 0.004 unless given. */
  readonly theta?: number | undefined;
  /** Rounds of the fit; 30 unless given. */
  readonly iterations?: number | undefined;
  /**
   * Which rows of three weights of convolutions are pruned before, in 32 filters at once: `population:0.5`, `energy:0.1` or
   * `value:0.01`; or a file in place of the number, with one number for each layer.
   */
  readonly rows?: string | undefined;
  /** Whether rows whose coefficients sum to less than 5 theta are cut whole. */
  readonly cutRows?: boolean | undefined;
  /** Whether columns of coefficients are scaled to lie near powers of two before they are rounded. */
  readonly scale?: boolean | undefined;
  /** All kinds unless given. */
  readonly layers?: readonly LayerKind[] | undefined;
  /** Names or globs of layers, or of their weights, that are left as they are. */
  readonly keep?: readonly string[] | undefined;
  /** Names or globs of the only layers that are decomposed. */
  readonly only?: readonly string[] | undefined;
  /** The path of a decomposition made elsewhere, `.json` or `.npz`: its layers alone change. */
  readonly decomposition?: string | undefined;
}

/** The options of the pass for a graph; undefined, and reported, where they make no sense. */
function optionsFor(graph: Graph, options: SmartDealOptions, report: Report): DecomposeOptions | undefined {
  const { theta = usualFit.theta, iterations = usualFit.iterations, rows, keep = [], only = [] } = options;
  const fail = (code: string, message: string, hint: string): undefined =>
    void report({ severity: 'error', code, message, hint });
  if (!(theta >= 0 && theta <= 1))
    return fail(
      'smartdeal/theta',
      `theta is ${theta}, and coefficients are cut below a number of 0 to 1`,
      'give 0.001 to 0.01',
    );
  if (!(Number.isInteger(iterations) && iterations >= 2 && iterations <= mostIterations))
    return fail(
      'smartdeal/iterations',
      `the fit takes 2 to ${mostIterations} iterations, and ${iterations} are wanted`,
      'give about 30',
    );
  const layers = layersOf(graph);
  const vectors = rows === undefined ? undefined : readVectors(rows, layers.length, report);
  if (rows !== undefined && !vectors) return undefined;
  if (!everyGlobMatches(graph, [...keep, ...only], 'smartdeal', report)) return undefined;
  const saved =
    options.decomposition === undefined ? undefined : readSaved(options.decomposition, layers.map(namesOf), report);
  if (options.decomposition !== undefined && !saved) return undefined;
  const { layers: kinds = layerKinds, cutRows = false, scale = false } = options;
  return { theta, iterations, cutRows, scale, vectors, kinds, saved, spared: sparedBy({ keep, only }, 'decompose') };
}

const mostIterations = 1000;

/**
 * The graph with its layers decomposed, and what became of each. Undefined, and reported, if none could be, or if one could
 * not be made as a file says.
 */
export function smartdealWith(graph: Graph, options: SmartDealOptions, report: Report): Decomposed | undefined {
  const chosen = optionsFor(graph, options, report);
  if (!chosen) return undefined;
  let done: Decomposed | undefined;
  const pass = decomposeSmartdeal(chosen, (decomposed) => {
    done = decomposed;
  });
  withGraph(graph, () => runPasses(graph, [pass], report));
  const { layers } = done ?? bug('a pass told nothing');
  const asked = chosen.saved ? [...chosen.saved.keys()].map((place) => layers[place]) : [];
  const wrong = asked.find(({ reason }) => reason !== null);
  if (!wrong && layers.some(({ reason }) => reason === null)) return done;
  const [first] = wrong ? [wrong] : layers;
  report({
    severity: 'error',
    code: wrong ? 'smartdeal/saved' : 'smartdeal/no-layer',
    message: first ? `the layer cannot be decomposed: it ${first.reason}` : 'no layer has weights',
    origin: { file: graph.file, ...(first && { name: first.name }) },
    hint: 'espalier smartdeal decomposes 3x3 and 1x1 convolutions and dense layers of 32 inputs or more',
  });
  return undefined;
}
