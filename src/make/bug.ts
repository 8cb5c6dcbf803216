/** A bug that comes with the graph that shows it. */
import { CompilerBug } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { print } from '../graph/print.ts';
import { isSystemError } from './system-error.ts';

/** Does work on a graph; whatever is thrown that is no fault of the system is a bug, and says with which graph. */
export function withGraph<T>(graph: Graph, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isSystemError(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new CompilerBug(
      `${message}\n\nThe graph as it was imported, without its long constants:\n\n${print(graph).text}`,
      {
        cause: error,
      },
    );
  }
}
