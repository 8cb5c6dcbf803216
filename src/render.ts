/** Handlebars, held to what templates may do: fields, `each` and partials. */
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
  const compiled = new Map<string, HandlebarsTemplateDelegate>();
  return (template, view) => {
    const known = compiled.get(template);
    if (known) return known(view);
    const fresh = Handlebars.compile(readFileSync(new URL(template, templates), 'utf8'), options);
    compiled.set(template, fresh);
    return fresh(view);
  };
}
