/** Node.js processes that run one function of one module. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The command that calls the function `name`, which `module` exports, with one word. */
export function nodeCommand(module: URL, name: string, word: string): readonly string[] {
  const [path, member, argument] = [module.href, name, word].map((text) => JSON.stringify(text));
  const loaded = module.pathname.endsWith('.ts') ? `${jiti()}.then((jiti) => jiti.import(${path}))` : `import(${path})`;
  // Workers that the process starts inherit its options, and take none that say what the text is.
  return [process.execPath, '-e', `${loaded}.then((module) => module[${member}](${argument}));`];
}

/** Who reads modules that were not compiled. */
function jiti(): string {
  const path = pathToFileURL(createRequire(import.meta.url).resolve('jiti')).href;
  return `import(${JSON.stringify(path)}).then(({ createJiti }) => createJiti(${JSON.stringify(import.meta.url)}))`;
}
