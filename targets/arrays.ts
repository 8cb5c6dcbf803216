/** Which arrays loop nests touch. */
import type { Arr, Expr, Stmt } from '../src/loop/loop.ts';

/** Every array that statements load from or store to, in the order of the first touch. */
export function arraysIn(body: readonly Stmt[]): readonly Arr[] {
  const found = new Set<Arr>();
  for (const statement of body) visit(statement, found);
  return [...found];
}

function visit(s: Stmt, found: Set<Arr>): void {
  switch (s.kind) {
    case 'for':
      look(s.from, found);
      look(s.to, found);
      for (const inner of s.body) visit(inner, found);
      break;
    case 'if':
      look(s.condition, found);
      for (const inner of s.body) visit(inner, found);
      break;
    case 'let':
    case 'set':
      look(s.value, found);
      break;
    case 'store':
      found.add(s.array);
      look(s.index, found);
      look(s.value, found);
      break;
  }
}

function look(e: Expr, found: Set<Arr>): void {
  switch (e.kind) {
    case 'load':
      found.add(e.array);
      look(e.index, found);
      break;
    case 'unary':
    case 'cast':
      look(e.of, found);
      break;
    case 'binary':
      look(e.left, found);
      look(e.right, found);
      break;
    case 'select':
      look(e.condition, found);
      look(e.yes, found);
      look(e.no, found);
      break;
  }
}
