/**
 * Code for several levels of CPU in one library, which chooses at every call. The network is one source, which a small file
 * for each level includes under a name of its own. Weights are shared: they do not depend on the width of vectors.
 */
import type { Artefact, Render } from '../../src/target.ts';

/** A level of x86-64 above the baseline. Each has what the ones before it have. */
export interface Level {
  /** As compilers call it. */
  readonly name: string;
  /** Defined by the compiler where it makes code for the level, and not for those below. */
  readonly macro: string;
  /** What `__builtin_cpu_supports` is asked, beyond the level before. */
  readonly features: readonly string[];
}

export const levels: readonly Level[] = [
  { name: 'x86-64-v3', macro: '__AVX2__', features: ['avx2', 'fma', 'bmi', 'bmi2'] },
  { name: 'x86-64-v4', macro: '__AVX512VL__', features: ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'] },
];

const baseline = 'baseline';

export const flagOf = ({ name }: Level): string => `-march=${name}`;

const idOf = (name: string): string => name.replaceAll('-', '_');

/** What the code for each level has in the names of its files and functions, the baseline first. */
export const levelIds = (chosen: readonly Level[]): readonly string[] =>
  [baseline, ...chosen.map((level) => level.name)].map(idOf);

/** The file that includes the network for a level. */
export const levelFile = (name: string, level: Pick<Level, 'name'>): string => `${name}_${idOf(level.name)}.c`;
export const baselineFile = (name: string): string => levelFile(name, { name: baseline });
export const dispatchFile = (name: string): string => `${name}_dispatch.c`;

/** The macro by which the network's source is told the name of its function. */
export const entryMacro = (upper: string): string => `${upper}_RUN`;

interface Names {
  readonly name: string;
  readonly symbol: string;
  readonly upper: string;
}

/** What a build of several levels has beside the files of every build. */
export interface LevelFiles {
  readonly artefacts: readonly Artefact[];
  /** What the public header declares. */
  readonly declared: string;
  /** What the network's source begins with. */
  readonly guard: string;
  /** What the levels are called, ascending. */
  readonly levels: readonly string[];
}

/** `together`: threads run the network, each a part of it. */
export function emitLevels(
  chosen: readonly Level[],
  { together, ...given }: Names & { readonly together: boolean },
  render: Render,
): LevelFiles {
  const { name, upper } = given;
  const names = { ...given, does: together ? 'part' : 'run', header: `${name}_${together ? 'threads' : 'levels'}.h` };
  const constantOf = (level: string): string => `${upper}_${idOf(level).toUpperCase()}`;
  const rows = chosen.map((level, i) => ({
    ...names,
    level: level.name,
    id: idOf(level.name),
    constant: constantOf(level.name),
    value: i + 1,
    flag: flagOf(level),
    macro: level.macro,
    entry: entryMacro(upper),
    needs: [
      ...(i > 0 ? [`has_${idOf(chosen[i - 1].name)}()`] : []),
      ...level.features.map((feature) => `__builtin_cpu_supports("${feature}")`),
    ].join(' &&\n         '),
  }));
  const named = [baseline, ...chosen.map((level) => level.name)];
  const view = {
    ...names,
    entry: entryMacro(upper),
    baseline: constantOf(baseline),
    levels: rows,
    descending: rows.toReversed(),
    variants: named.map((level) => ({ ...names, id: idOf(level) })),
  };
  const file = (path: string, template: string, of: object, role: Artefact['role'] = 'source'): Artefact => ({
    path,
    contents: render(`cpu/${template}.hbs`, of),
    role,
  });
  return {
    artefacts: [
      ...(together
        ? [file(dispatchFile(name), 'threads/dispatch.c', view)]
        : [
            file(`${name}_levels.h`, 'levels/levels.h', view, 'header'),
            file(dispatchFile(name), 'levels/dispatch.c', view),
          ]),
      file(baselineFile(name), 'levels/baseline.c', view),
      ...rows.map((row, i) => file(levelFile(name, chosen[i]), 'levels/level.c', row)),
    ],
    declared: render('cpu/levels/public.h.hbs', view).trim(),
    guard: render('cpu/levels/guard.c.hbs', view).trim(),
    levels: named,
  };
}
