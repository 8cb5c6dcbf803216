/** The same network for another target, in a folder of its own beside what was compiled. */
import type { Compiled, Job, Outcome } from '../compile.ts';
import { compile } from '../compile.ts';
import { bug } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import type { Task } from '../recipe.ts';
import { withGraph } from './bug.ts';

export interface Beside {
  readonly folder: string;
  readonly parts: Omit<Job, 'graph' | 'watch' | 'onStage'>;
}

/** The artefacts and tasks of both. What the other target reports is reported too. */
export function withBeside(compiled: Compiled, { folder, parts }: Beside, graph: Graph): Outcome {
  const other = withGraph(graph, () => compile({ graph, ...parts }));
  if (!other.ok) return other;
  const below = (path: string): string => `${folder}/${path}`;
  const moved = (task: Task): Task =>
    task.kind === 'assemble-wat'
      ? {
          ...task,
          source: below(task.source),
          output: below(task.output),
          carries: task.carries.map((carried) => ({ ...carried, source: below(carried.source) })),
        }
      : bug(`a "${task.kind}" is no task for a folder beside another`);
  return {
    ...compiled,
    artefacts: [...compiled.artefacts, ...other.artefacts.map((a) => ({ ...a, path: below(a.path) }))],
    recipe: [...compiled.recipe, ...other.recipe.map(moved)],
    diagnostics: [...compiled.diagnostics, ...other.diagnostics],
  };
}
