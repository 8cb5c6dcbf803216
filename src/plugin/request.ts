/** What an import asks for: `./model.json?espalier&batch=2` → a model and how to compile it, and that as the name of a module. */

export interface Request {
  /** The model's path, or its folder's. */
  readonly path: string;
  /** What else the query says, in order. */
  readonly query: string;
}

/** Names of modules begin with it. With `\0` other plugins leave them alone. */
const mark = '\0espalier:';

/** While a model is worked on, its module imports another one that is loaded anew: its binding. */
const bindingMark = 'espalier-binding:';

/** An import that is for us: `espalier` stands anywhere in its query. */
export const asked = /[?&]espalier(?:[&=#]|$)/;

/** Names of modules that we load. */
export const ours: RegExp = new RegExp(`^${mark}`);

/** How the module of that name imports its binding. */
export const bindingOf = (name: string): string => `${bindingMark}${name.slice(mark.length)}`;

export const isBinding = (specifier: string): boolean => specifier.startsWith(bindingMark);

/** Names of bindings' modules. */
export const bindings: RegExp = new RegExp(`^\0${bindingMark}`);

/** The module that has a binding of this name, or the name itself. */
export const ownerOf = (name: string): string => name.replace(bindings, mark);

/** A model that is built for two targets has two modules: with this in its query the other one is meant. */
const beside = 'espalier-beside';

/** What the module of that name imports to get the other one. The path is that of the model, absolute. */
export function besideImport(name: string): string {
  const { path, query } = parseModuleName(name);
  return `${escaped(path)}?${query === '' ? '' : `${query}&`}${beside}&espalier`;
}

/** Whether the other module is asked for, and what the query says apart from that. */
export function besideIn({ query }: Request): { readonly isBeside: boolean; readonly query: string } {
  const words = new URLSearchParams(query);
  const isBeside = words.has(beside);
  words.delete(beside);
  return { isBeside, query: words.toString() };
}

/** The request of an import; undefined if it is not for us. */
export function parseImport(specifier: string): Request | undefined {
  if (!asked.test(specifier)) return undefined;
  const at = specifier.indexOf('?');
  const query = new URLSearchParams(specifier.slice(at + 1).replace(/#.*$/, ''));
  query.delete('espalier');
  // Bundlers add these of their own accord: when a module is loaded again, and when it is no script by its name.
  for (const added of ['t', 'v', 'import']) query.delete(added);
  query.sort();
  return { path: specifier.slice(0, at), query: query.toString() };
}

/**
 * The name of the module that answers a request. It has no `?`, so that nobody takes it for a JSON file with a query,
 * and ends like the script that it is.
 */
export const moduleName = ({ path, query }: Request): string =>
  `${mark}${escaped(path)}${query === '' ? '' : `&${query}`}.js`;

const escaped = (path: string): string => path.replaceAll('\\', '/').replace(/[?#&]/g, encodeURIComponent);

/** The path that was escaped. */
export const unescaped = (path: string): string => path.replace(/%(?:3F|23|26)/g, decodeURIComponent);

/** The request in the name of a module. */
export function parseModuleName(name: string): Request {
  const [path, ...query] = name.slice(mark.length).replace(/\.js$/, '').split('&');
  return { path: unescaped(path), query: query.join('&') };
}
