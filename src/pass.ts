/** A pass is a named pure function, and a pipeline is a list of them. */

import type { Diagnostic, Report } from './diagnostic.ts';
import { bug, printDiagnostic } from './diagnostic.ts';
import type { Graph } from './graph/graph.ts';
import { print } from './graph/print.ts';
import { verify } from './graph/verify.ts';

export interface Pass {
  /** The file's name: a verb first. */
  readonly name: string;
  readonly doc: string;
  /** Returns `graph` itself when there is nothing to do. Never mutates it. */
  run(graph: Graph, report: Report): Graph;
}

/** Told about each pass that ran, changed or not: for dumps, timings and bisection. */
export type Watch = (pass: Pass, before: Graph, after: Graph) => void;

/** Runs passes in order and verifies after each that changed something. A pass that breaks the graph is a bug. */
export function runPasses(graph: Graph, passes: readonly Pass[], report: Report, watch?: Watch): Graph {
  return passes.reduce((before, pass) => {
    const after = pass.run(before, report);
    if (after !== before) {
      const faults: Diagnostic[] = [];
      verify(after, (d) => faults.push(d));
      if (faults.length > 0)
        bug([`pass "${pass.name}" broke the graph`, ...faults.map(printDiagnostic), print(after).text].join('\n'));
    }
    watch?.(pass, before, after);
    return after;
  }, graph);
}
