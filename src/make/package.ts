/** Where this package lies, compiled or not: its version and its templates. */
import { existsSync, readFileSync } from 'node:fs';
import { bug } from '../diagnostic.ts';

/** The folder of package.json and templates/: the sources lie two folders below the package's, and three when compiled to dist/. */
export function packageFolder(): URL {
  const found = ['../../', '../../../'].map((up) => new URL(up, import.meta.url));
  return found.find((folder) => existsSync(new URL('templates/', folder))) ?? bug('the folder "templates" is missing');
}

/** How our modules end where they lie: sources, or what they were compiled to. */
export const moduleExtension: 'ts' | 'js' = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', packageFolder()), 'utf8')) as { version: string };
  return version;
}
