/** What became of each of the standard's tests, as data and as a table. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Named } from '../../src/graph/evaluate.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { NodeTest, Outcome } from './node-test.ts';
import { runNodeTest } from './node-test.ts';
import type { Job } from './on-cpu.ts';
import { runOnCpu } from './on-cpu.ts';

export interface Row {
  readonly name: string;
  readonly operators: readonly string[];
  readonly evaluate: Outcome['result'];
  readonly cpu: Outcome['result'];
  /** Why it was refused, or how it failed. */
  readonly reason?: string;
  /** Inputs that had to be known when the model was compiled. */
  readonly fixed?: readonly string[];
}

/** Each test by the reference interpreter, and those that it ran as native code. */
export async function rowsOf(tests: readonly NodeTest[]): Promise<readonly Row[]> {
  const jobs: Job[] = [];
  const parts: { readonly test: NodeTest; readonly evaluated: Outcome; readonly from: number }[] = [];
  for (const test of tests) {
    const from = jobs.length;
    const evaluated = await runNodeTest(test, (graph, inputs) => {
      jobs.push({ graph, inputs });
      return evaluate(graph, inputs);
    });
    parts.push({ test, evaluated, from });
  }
  const results = await runOnCpu(jobs);
  const rows: Row[] = [];
  for (const { test, evaluated, from } of parts) {
    const mine = results.slice(from).values();
    const native = await runNodeTest(test, () => given(mine.next().value));
    const { reason = native.reason, fixed } = evaluated;
    rows.push({
      name: test.name,
      operators: test.operators,
      evaluate: evaluated.result,
      cpu: native.result,
      ...(reason !== undefined && { reason }),
      ...(fixed.length > 0 && { fixed }),
    });
  }
  return rows;
}

/** The reference alone: seconds instead of minutes. */
export async function evaluatedRows(tests: readonly NodeTest[]): Promise<readonly Omit<Row, 'cpu'>[]> {
  const rows: Omit<Row, 'cpu'>[] = [];
  for (const test of tests) {
    const { result, reason, fixed } = await runNodeTest(test, evaluate);
    rows.push({
      name: test.name,
      operators: test.operators,
      evaluate: result,
      ...(reason !== undefined && { reason }),
      ...(fixed.length > 0 && { fixed }),
    });
  }
  return rows;
}

function given(result: Named | Error | undefined): Named {
  if (result instanceof Error) throw result;
  if (!result) throw new Error('it was not run');
  return result;
}

export const resultsFile = (kind: 'json' | 'md'): string => fileURLToPath(new URL(`results.${kind}`, import.meta.url));

export const storedRows = (): readonly Row[] => JSON.parse(readFileSync(resultsFile('json'), 'utf8')) as Row[];

/** One line a test. */
export const printRows = (rows: readonly Row[]): string =>
  `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`;

export const countOf = (rows: readonly Row[], target: 'evaluate' | 'cpu', result: Outcome['result']): number =>
  rows.filter((row) => row[target] === result).length;

const cell = (text: string): string => text.replace(/\s+/g, ' ').replace(/[|<>]/g, (c) => `\\${c}`);
const some = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const head = (names: readonly string[]): readonly string[] => [line(names), line(names.map(() => '---'))];
const counts = (rows: readonly Row[]): readonly number[] => [
  rows.length,
  countOf(rows, 'evaluate', 'passed'),
  countOf(rows, 'cpu', 'passed'),
  countOf(rows, 'evaluate', 'refused'),
  rows.filter((row) => row.evaluate === 'failed' || row.cpu === 'failed').length,
];

export function printTable(rows: readonly Row[]): string {
  const operators = [...new Set(rows.flatMap((row) => row.operators))].sort();
  const titles = ['tests', 'passed on evaluate', 'passed on cpu', 'refused', 'failed'];
  const known = ({ fixed = [] }: Row): string => (fixed.length === 0 ? '' : `known when compiled: ${fixed.join(', ')}`);
  return [
    "# The standard's tests of operators",
    '',
    'Written by `npm run onnx:table`, never by hand. The tests are those of ONNX 1.12 as Debian packs them (`libonnx-testdata`), a folder each.',
    'A test passes if every output is within 1e-7 + 1e-3 |b| of the one expected: `evaluate` is the reference interpreter, `cpu` is C',
    'built with gcc and run. Shapes are those of the data. An input that the operator needs to know when it is compiled (axes, sizes,',
    'indices of a slice) is given as with `--constant`, and named. What is refused is not compiled, for the reason given.',
    '',
    ...head(['', ...titles]),
    line(['all', ...counts(rows)]),
    '',
    '## By operator',
    '',
    'A test of several operators counts for each.',
    '',
    ...head(['operator', ...titles]),
    ...operators.map((name) => line([name, ...counts(rows.filter((row) => row.operators.includes(name)))])),
    '',
    '## Every test',
    '',
    ...head(['test', 'operators', 'evaluate', 'cpu', '']),
    ...rows.map((row) => line([row.name, some(row.operators), row.evaluate, row.cpu, cell(row.reason ?? known(row))])),
    '',
  ].join('\n');
}
