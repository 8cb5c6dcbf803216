/** The module that an import gets: the binding as the compiler wrote it, with addresses that the bundler knows. */
import { bug } from '../diagnostic.ts';

/** How code gets the address of a file that the bundler is to ship: an expression for a URL, and what has to be imported for it. */
export interface Address {
  readonly imports?: string;
  readonly url: string;
}

/** A file beside the binding, as compiled code refers to it. */
const reference = /new URL\((['"])\.\/([\w.-]+)\1, import\.meta\.url\)/g;

/** The binding's text with every file beside it, the module's binary among them, addressed as `addressOf` says. */
export function moduleText(binding: string, files: readonly string[], addressOf: (file: string) => Address): string {
  const named = new Set(Array.from(binding.matchAll(reference), ([, , file]) => file));
  const strange = [...named].find((file) => !files.includes(file));
  if (strange !== undefined || named.size === 0) bug(`the binding refers to "${strange ?? 'no file'}"`);
  const addresses = new Map(Array.from(named, (file) => [file, addressOf(file)]));
  const imports = [...addresses.values()].flatMap(({ imports: text }) => (text === undefined ? [] : [`${text}\n`]));
  const text = binding.replace(reference, (_, _quote, file: string) => addresses.get(file)?.url ?? bug(file));
  return `${imports.join('')}${text}`;
}
