/** The parts that this package ships, put together for one target: its passes, its templates, and what the config wants. */
import { pipeline } from '../../passes/index.ts';
import { targets } from '../../targets/index.ts';
import type { Job, Outcome } from '../compile.ts';
import { compile } from '../compile.ts';
import type { Config } from '../config.ts';
import type { Diagnostic, Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { suggestion } from '../import/nearest.ts';
import { renderer } from '../render.ts';
import type { Target, TargetOptions } from '../target.ts';
import type { Beside } from './beside.ts';
import { withBeside } from './beside.ts';
import { withGraph } from './bug.ts';
import { checkFormatNames, checkLayers, withLayers } from './layers.ts';
import { packageFolder } from './package.ts';

/** What decides how a graph is compiled. */
export interface CompileOptions extends TargetOptions {
  /** One of `targets`, by name. */
  readonly target: string;
  /** By a layer's name or a glob: see `Config`. */
  readonly layers?: Config['layers'];
}

export type Parts = Omit<Job, 'graph' | 'watch' | 'onStage'> & { readonly beside?: Beside };

/** The parts for a target; undefined, and reported, if there is no such target or format. */
export function partsFor({ target: name, layers, ...options }: CompileOptions, report: Report): Parts | undefined {
  const plain = targetFor(name, options, report);
  if (!checkFormatNames(layers, report) || !plain) return undefined;
  const target = withLayers(plain, layers);
  const other = targets.find((t) => t.name === name)?.beside;
  const parts = other === undefined ? undefined : partsFor({ target: other, ...(layers && { layers }) }, report);
  if (other !== undefined && !parts) return undefined;
  return {
    target,
    passes: pipeline(target),
    render: renderer(new URL('templates/', packageFolder())),
    ...(parts && other !== undefined && { beside: { folder: other, parts } }),
  };
}

function targetFor(name: string, options: TargetOptions, report: Report): Target | undefined {
  const fail = (code: string, message: string, hint: string): undefined =>
    void report({ severity: 'error', code, message, hint });
  const names = targets.map((t) => t.name);
  const family = targets.find((t) => t.name === name);
  if (!family) return fail('target/unknown', `there is no target "${name}"`, hintFor(name, 'targets', names));
  const { cpus } = family;
  const { cpu } = options;
  if (cpu !== undefined && !cpus)
    return fail(
      'target/no-cpu',
      `the target "${name}" is the same for every cpu, and "${cpu}" is given`,
      'leave out --cpu',
    );
  if (cpu !== undefined && !cpus?.includes(cpu))
    return fail('target/unknown-cpu', `there is no cpu "${cpu}"`, hintFor(cpu, 'cpus', cpus ?? []));
  const { arch } = options;
  if (arch !== undefined && !family.archFault)
    return fail(
      'target/no-arch',
      `the target "${name}" makes no code for GPUs of some architecture, and "${arch}" is given`,
      'leave out --arch, or build for cuda',
    );
  const archFault = arch === undefined ? undefined : family.archFault?.(arch);
  if (archFault) return void report({ severity: 'error', ...archFault });
  const { arithmetic } = options;
  if (arithmetic !== undefined && !family.arithmetics)
    return fail(
      'target/no-arithmetic',
      `the target "${name}" multiplies in f32, and "${arithmetic}" is given`,
      'leave out --arithmetic, or build for cuda',
    );
  if (arithmetic !== undefined && !family.arithmetics?.includes(arithmetic))
    return fail(
      'target/unknown-arithmetic',
      `there is no arithmetic "${arithmetic}"`,
      hintFor(arithmetic, 'arithmetics', family.arithmetics ?? []),
    );
  const { threads = 1 } = options;
  const { mostThreads = 1 } = family;
  if (threads > 1 && mostThreads === 1)
    return fail(
      'target/no-threads',
      `the target "${name}" runs on one thread, and ${threads} are wanted`,
      'leave out --threads, or build for cpu or wasm',
    );
  if (!(threads >= 1 && threads <= mostThreads))
    return fail(
      'target/too-many-threads',
      `a network is run by 1 to ${mostThreads} threads, and ${threads} are wanted`,
      `more would wait for each other: give --threads 1 to ${mostThreads}`,
    );
  if (threads > 1 && family.bare?.includes(cpu ?? ''))
    return fail(
      'target/no-threads',
      `programs for "${cpu}" have no operating system to start ${threads} threads`,
      'leave out --threads, or build for another cpu',
    );
  if (options.weightsFile && !family.weightsFile)
    return fail(
      'target/no-weights-file',
      `the target "${name}" has one place for weights, and --weights-file is given`,
      'leave it out, or build for wasm',
    );
  if (options.simd === false && !family.scalar)
    return fail(
      'target/no-scalar',
      `the target "${name}" chooses its own instructions, and --no-simd is given`,
      family.cpus ? 'leave it out, or give --cpu generic' : 'leave it out, or build for wasm',
    );
  if (options.simd === false && threads > 1)
    return fail(
      'target/no-threads',
      `engines without SIMD have one thread, and ${threads} are wanted`,
      'leave out --threads, or --no-simd',
    );
  if (options.strictFp && family.inexact)
    return fail(
      'target/no-strict-fp',
      `the target "${name}" has other last bits on every device, and --strict-fp is given`,
      'leave it out, or build for wasm or cpu',
    );
  const { hardware } = options;
  if (hardware && !family.hardwareFault)
    return fail(
      'target/no-hardware',
      `the target "${name}" makes programs, and ${Object.keys(hardware).join(', ')} of hardware are given`,
      'leave them out, or build for fpga',
    );
  const fault = family.hardwareFault?.(hardware ?? {});
  if (fault) return void report({ severity: 'error', ...fault });
  if (options.prefix !== undefined && !family.prefixed)
    return fail(
      'target/no-prefix',
      `the target "${name}" exports no C identifiers, and the prefix "${options.prefix}" is given`,
      'leave out --prefix, or build for cpu',
    );
  if (options.prefix !== undefined && !/^[A-Za-z_]\w*$/.test(options.prefix))
    return fail(
      'target/bad-prefix',
      `the prefix "${options.prefix}" is no C identifier`,
      'use letters, digits and underscores',
    );
  return family.target(options);
}

const hintFor = (word: string, what: string, known: readonly string[]): string =>
  [suggestion(word, known), `${what} are ${known.join(', ')}`].filter(Boolean).join(' ');

/** Compiles with the shipped parts, or `parts` in their place, and checks what the config wants of layers. */
export function compileWith(
  graph: Graph,
  { layers }: Pick<CompileOptions, 'layers'>,
  { beside, ...job }: Omit<Job, 'graph'> & Pick<Parts, 'beside'>,
): Outcome {
  const alone = withGraph(graph, () => compile({ graph, ...job }));
  const outcome = alone.ok && beside ? withBeside(alone, beside, graph) : alone;
  if (!outcome.ok || layers === undefined) return outcome;
  const diagnostics: Diagnostic[] = [...outcome.diagnostics];
  checkLayers(outcome.graph, layers, (d) => void diagnostics.push(d));
  return diagnostics.some((d) => d.severity === 'error') ? { ok: false, diagnostics } : { ...outcome, diagnostics };
}
