/** The module that an import gets: the binding as the compiler wrote it, with addresses that the bundler knows. */
import { bug } from '../diagnostic.ts';

/** How code gets the address of a file that the bundler is to ship: an expression for a URL, and what has to be imported for it. */
export interface Address {
  readonly imports?: string;
  readonly url: string;
}

/** A file beside the binding, as compiled code refers to it. */
const reference = /new URL\((['"])\.\/([\w.-]+)\1, import\.meta\.url\)/g;

/** How a binding imports what was built beside it. */
const other = /import\((['"])\.\/\w+\/\w+\.js\1\)/g;

export interface Places {
  readonly file: (file: string) => Address;
  /** What has to be imported to get the module that was built beside this one. */
  readonly beside: string;
}

/** The binding's text with every file beside it, the module's binary among them, addressed as `places` says. */
export function moduleText(binding: string, files: readonly string[], { file: addressOf, beside }: Places): string {
  const named = new Set(Array.from(binding.matchAll(reference), ([, , file]) => file));
  const strange = [...named].find((file) => !files.includes(file));
  if (strange !== undefined || named.size === 0) bug(`the binding refers to "${strange ?? 'no file'}"`);
  const addresses = new Map(Array.from(named, (file) => [file, addressOf(file)]));
  const imports = [...addresses.values()].flatMap(({ imports: text }) => (text === undefined ? [] : [`${text}\n`]));
  const text = binding.replace(reference, (_, _quote, file: string) => addresses.get(file)?.url ?? bug(file));
  return `${imports.join('')}${text.replace(other, () => `import(${JSON.stringify(beside)})`)}`;
}
