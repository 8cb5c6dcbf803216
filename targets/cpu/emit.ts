/** A plan as files: header, source, constants, build file, example, check, and the recipe that builds them. */
import { bug } from '../../src/diagnostic.ts';
import type { Arr } from '../../src/loop/loop.ts';
import { alignment, alignUp } from '../../src/plan/arena.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import type { Artefact, Emission, EmitContext, Render } from '../../src/target.ts';
import { elements } from '../../src/tensor/type.ts';
import type { CPort } from '../c.ts';
import { cPorts, ctype } from '../c.ts';
import type { BlobFiles } from './blob.ts';
import { emitBlob } from './blob.ts';
import { emitBuild } from './build.ts';
import type { Cpu } from './cpus.ts';
import { emitLevels, entryMacro } from './levels.ts';
import { partsFor } from './parts.ts';
import type { PoolFiles } from './pool.ts';
import { emitPool } from './pool.ts';
import { printChain } from './print-chain.ts';
import { printShared } from './print-share.ts';
import { printStep } from './print-step.ts';
import { emitPrograms } from './programs.ts';
import { slidePanels } from './ranges.ts';
import { inOrder } from './routine.ts';

export interface Flavour {
  readonly cpu: Cpu;
  readonly strictFp: boolean;
  /** The most that may run the network together. */
  readonly threads: number;
  readonly prefix: string;
}

export function emit(plan: Plan, { render, recorded, checks = true, report }: EmitContext, flavour: Flavour): Emission {
  const { name } = plan;
  const fault = tooLarge(plan);
  if (fault !== undefined) {
    const hint = 'give the inputs smaller sizes, or build a part of the model';
    report({ severity: 'error', code: 'cpu/too-large', message: fault, origin: { file: name }, hint });
    return { artefacts: [], recipe: [] };
  }
  const symbol = `${flavour.prefix}${name}`;
  const upper = symbol.toUpperCase();
  const inputs = cPorts(plan.inputs, `${upper}_INPUT`);
  const outputs = cPorts(plan.outputs, `${upper}_OUTPUT`);
  const common = {
    name,
    symbol,
    upper,
    alignment,
    inputs,
    outputs,
    workspace: Math.max(plan.arena.peak, alignment),
  };

  const several =
    flavour.cpu.levels && emitLevels(flavour.cpu.levels, { ...common, together: flavour.threads > 1 }, render);
  const pool = flavour.threads > 1 ? emitPool(flavour, common, checksOf(common), render) : undefined;
  const entry = several ? entryMacro(upper) : pool ? `${symbol}_part` : `${symbol}_run`;
  const weights = emitWeights(plan, symbol, render);
  const check = checks ? emitCheck(recorded(), { inputs, outputs, name, symbol }, render) : undefined;
  const build = emitBuild({ name, symbol, weights, recorded: check, flavour }, render);
  const source: Artefact = {
    path: `${name}.c`,
    contents: render('cpu/model.c.hbs', {
      ...common,
      // The function has a name for each level, and what does not depend on the level stands where one is chosen.
      guards: several ? [several.guard] : [],
      sizes: several || pool ? [] : [`${symbol}_workspace_size`],
      header: pool?.header ?? `${name}.h`,
      ...sourceView(plan, { ...common, entry, pool }, render),
    }),
    role: 'source',
  };
  const header: Artefact = {
    path: `${name}.h`,
    contents: render('cpu/model.h.hbs', {
      ...common,
      guard: `${upper}_H`,
      ports: [...inputs, ...outputs].map((p) => ({ length: `${p.length} ${p.numbers}` })),
      exampleInputs: inputs.map((p) => `.${p.member} = ...`).join(', '),
      exampleOutputs: outputs.map((p) => `.${p.member} = ...`).join(', '),
      cpuDoc: flavour.cpu.doc,
      command: build.commands.join('\n *     '),
      declared: [...(several ? [several.declared] : []), ...(pool ? [pool.declared] : [])],
      refusals: [
        ...(several ? ['/* The CPU does not have the level. */', `${upper}_NO_LEVEL = 3,`] : []),
        ...(pool?.refusals ?? []),
      ],
      strictDoc: flavour.strictFp
        ? '\n *\n * Strict: the same bits on every CPU and compiler, as long as -ffp-contract=off is given. Where products and sums\n * would be fused otherwise that costs about a seventh of the speed.'
        : '',
    }),
    role: 'header',
  };
  const programs = emitPrograms({ ...common, threads: flavour.threads, levels: several?.levels, checks }, render);
  return {
    artefacts: [
      header,
      source,
      ...(several?.artefacts ?? []),
      ...(pool?.artefacts ?? []),
      ...(weights?.artefacts ?? []),
      ...programs,
      ...(check?.artefacts ?? []),
      build.artefact,
    ],
    recipe: build.recipe,
  };
}

/** Neither Node.js nor the code model of common compilers holds more in one piece. */
const mostBytes = 2 ** 31 - 1;

function tooLarge({ inputs, outputs, constants }: Plan): string | undefined {
  const files: readonly (readonly [string, readonly number[]])[] = [
    ['inputs and outputs', [...inputs, ...outputs].map(({ type }) => 4 * elements(type.shape))],
    ['constants', constants.map(({ data }) => data.byteLength)],
  ];
  for (const [what, sizes] of files) {
    const bytes = sizes.reduce((total, size) => total + alignUp(size), 0);
    if (bytes > mostBytes) return `has ${bytes} bytes of ${what}, and one file may have ${mostBytes}`;
  }
  return undefined;
}

function emitWeights(plan: Plan, symbol: string, render: Render): BlobFiles | undefined {
  if (plan.constants.length === 0) return undefined;
  return emitBlob(
    {
      file: `${plan.name}_weights`,
      symbol: `${symbol}_weights`,
      doc: `The constants of ${plan.name}.`,
      role: 'weights',
      members: plan.constants.map(({ array, data }) => ({ name: array.name, dtype: array.dtype, data })),
    },
    render,
  );
}

interface Ports {
  readonly inputs: readonly CPort[];
  readonly outputs: readonly CPort[];
}

function emitCheck(
  recorded: ReturnType<EmitContext['recorded']>,
  { inputs, outputs, name, symbol }: Ports & { readonly name: string; readonly symbol: string },
  render: Render,
): BlobFiles {
  const members = (ports: readonly CPort[], values: typeof recorded.inputs, prefix: string) =>
    ports.map(({ port, member }) => ({
      name: `${prefix}_${member}`,
      dtype: port.array.dtype,
      data: values[port.name] ?? bug(`nothing was recorded for "${port.name}"`),
    }));
  return emitBlob(
    {
      file: `${name}_recorded`,
      symbol: `${symbol}_recorded`,
      doc: `Inputs of ${name}, and the outputs that they must give.`,
      role: 'check',
      members: [...members(inputs, recorded.inputs, 'in'), ...members(outputs, recorded.outputs, 'out')],
    },
    render,
  );
}

/** One statement behind the macro STEP, which may become the head of a loop. */
const hooked = (index: number, [first, ...rest]: readonly string[], { work }: Step): readonly string[] =>
  work.kind === 'routines' && work.calls.length > 1
    ? [`STEP(${index}) {`, ...[first, ...rest].map((line) => `  ${line}`), '}']
    : [`STEP(${index}) ${first}`, ...rest];

interface Names extends Ports {
  readonly symbol: string;
  readonly upper: string;
}

/** Statements that refuse what the caller gave. */
function checksOf({ inputs, outputs, upper }: Names): readonly string[] {
  const checks = (ports: readonly CPort[], from: string): readonly string[] =>
    ports.flatMap(({ member, type }) => [
      `if (${from}->${member} == NULL) return ${upper}_NULL;`,
      `if ((uintptr_t)${from}->${member} % _Alignof(${type}) != 0) return ${upper}_MISALIGNED;`,
    ]);
  return [...checks(inputs, 'inputs'), ...checks(outputs, 'outputs')];
}

/** What the template of the source needs beyond the names. */
function sourceView(
  { name, constants, arena, steps, chains }: Plan,
  names: Names & { readonly entry: string; readonly pool: PoolFiles | undefined },
  render: Render,
) {
  const { inputs, outputs, symbol, upper, pool } = names;
  const stored = new Set(constants.map((c) => c.array));
  const place = ({ name: array }: Arr): string => array;
  const placed = (array: Arr): string => (stored.has(array) ? `${symbol}_weights.${array.name}` : place(array));
  const declared = new Set<Arr>([...inputs, ...outputs].map((p) => p.port.array));
  const touched = new Set(steps.flatMap((s) => [...s.reads, ...s.writes]));

  const declarations = (step: Step): readonly string[] =>
    step.writes
      .filter((a) => !declared.has(a))
      .map((a) => {
        declared.add(a);
        const offset = arena.places.get(a) ?? bug(`array "${a.name}" has no place`);
        return `${ctype[a.dtype]} *const ${a.name} = (void *)(arena + ${pool?.offsetOf(step, a, offset) ?? offset});`;
      });
  const shared = pool && printShared(steps, (i) => printStep(steps[i], i, placed).code, placed, pool);
  const printed = steps.flatMap((step, i) => {
    const chain = chains.find(({ first, last }) => i >= first && i <= last);
    if (chain && i > chain.first) return [];
    if (chain) {
      const { definition, code } = printChain(chain, steps, placed);
      const declared = steps.slice(i, chain.last + 1).flatMap(declarations);
      return [{ line: `steps ${i} to ${chain.last}, band by band`, code: [...declared, ...code], definition }];
    }
    const { definition, code } = printStep(step, i, placed);
    return [{ line: step.line, code: [...declarations(step), ...(shared?.[i] ?? hooked(i, code, step))], definition }];
  });
  const calls = steps.flatMap(({ work }) => (work.kind === 'routines' ? work.calls : []));
  const routines = inOrder([...(chains.length > 0 ? [slidePanels] : []), ...calls.map((c) => c.routine)]).map((r) =>
    render(r.template, r.view).trim(),
  );
  const functions = printed.flatMap((p) => p.definition ?? []);

  const pointer = ({ port, member, type }: CPort, from: string): string =>
    `${from === 'inputs' ? 'const ' : ''}${type} *const ${port.array.name} = ${from}->${member};`;
  return {
    weightsInclude: constants.length > 0 ? `\n#include "${name}_weights.h"\n` : '',
    parts: [partsFor([...routines, ...functions].join('\n'), render), ...(pool ? [pool.helpers] : [])].filter(
      (text) => text !== '',
    ),
    routines,
    functions,
    begin: render(`cpu/${pool ? 'threads/' : ''}entry.c.hbs`, {
      ...names,
      alignment,
      checks: checksOf(names),
      pointers: [
        ...inputs.filter((p) => touched.has(p.port.array)).map((p) => pointer(p, 'inputs')),
        ...outputs.filter((p) => touched.has(p.port.array)).map((p) => pointer(p, 'outputs')),
        ...(arena.places.size > 0 ? ['unsigned char *const arena = workspace;'] : []),
      ],
    }).trimEnd(),
    ends: pool ? [] : [`return ${upper}_OK;`],
    steps: printed,
  };
}
