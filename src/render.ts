/** Handlebars, held to what templates may do: fields, `each` and partials, which are named as templates are. */
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { Render } from './target.ts';

/** Any other helper is a compile error, and so is a field that the view lacks. */
const options: CompileOptions = {
  strict: true,
  noEscape: true,
  knownHelpersOnly: true,
  knownHelpers: { if: false, unless: false, with: false, lookup: false, log: false } as KnownHelpers,
};

/** Renders templates below a folder, each read and compiled once. */
export function renderer(templates: URL): Render {
  const compiled: Record<string, HandlebarsTemplateDelegate> = {};

  /** With all that it includes. */
  function templateOf(name: string): HandlebarsTemplateDelegate {
    if (compiled[name]) return compiled[name];
    const program = Handlebars.parse(readFileSync(new URL(name, templates), 'utf8'));
    compiled[name] = Handlebars.compile(program, options);
    for (const partial of partialsOf(program)) templateOf(partial);
    return compiled[name];
  }

  return (name, view) => templateOf(name)(view, { partials: compiled });
}

function partialsOf(program: hbs.AST.Program): readonly string[] {
  const names: string[] = [];
  const visitor = new Handlebars.Visitor();
  visitor.PartialStatement = ({ name }) => names.push((name as hbs.AST.PathExpression).original);
  visitor.accept(program);
  return names;
}
