/** Finds, loads and checks the config file. TypeScript is loaded through jiti, so that any supported Node can. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import type { z } from 'zod';
import type { Config } from '../config.ts';
import { configKeys, configSchema, issueText } from '../config.ts';
import type { Report } from '../diagnostic.ts';
import { suggestion } from '../import/nearest.ts';
import { isSystemError, reasonOf } from '../make/system-error.ts';

const extensions = ['ts', 'mts', 'js', 'mjs', 'json'];

export const configNames: readonly string[] = extensions.map((extension) => `espalier.config.${extension}`);

/**
 * The config of `file`, or of the first config file in `folder`; empty where there is none. Paths in it come out
 * so that they can be used from the current folder. Undefined, and reported, if it cannot be used.
 */
export async function loadConfig(
  file: string | undefined,
  folder: string,
  report: Report,
): Promise<Config | undefined> {
  const found = file ?? configNames.find((name) => existsSync(resolve(folder, name)));
  if (found === undefined) return {};
  const path = resolve(folder, found);
  const loaded = await load(path, found, report);
  if (loaded === undefined) return undefined;
  const { data, error } = configSchema.safeParse(loaded);
  for (const issue of error?.issues ?? [])
    for (const { message, hint } of describe(issue))
      report({ severity: 'error', code: 'config/invalid', message, hint, origin: { file: found } });
  return data && (dirname(path) === process.cwd() ? data : rooted(data, dirname(path)));
}

async function load(path: string, shown: string, report: Report): Promise<unknown> {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'config/unreadable', message, hint, origin: { file: shown } });
  try {
    if (extname(path) === '.json') return JSON.parse(readFileSync(path, 'utf8')) as unknown;
    if (!existsSync(path))
      return fail('the config file does not exist', `give the path of one of ${configNames.join(', ')}`);
    const [{ createJiti }, library] = await Promise.all([import('jiti'), import('../index.ts')]);
    // Whatever is installed where the config lies, or nothing: it gets the functions of this very copy.
    const jiti = createJiti(import.meta.url, {
      virtualModules: { espalier: library },
      fsCache: false,
      moduleCache: false,
      interopDefault: false,
    });
    const module = await jiti.import(path);
    const config = (module as { readonly default?: unknown }).default;
    if (config !== undefined) return config;
    return fail('the config file has no default export', 'write export default defineConfig({ ... })');
  } catch (error) {
    if (isSystemError(error)) return fail(`the config file cannot be read: ${reasonOf(error)}`, 'check the path');
    const [first] = String((error as Error)?.message ?? error).split('\n');
    if (extname(path) === '.json')
      return fail(`the config file is not JSON: ${first}`, 'quote keys and texts, and leave out comments');
    return fail(`the config file fails: ${first}`, 'it must run without errors under Node');
  }
}

function describe(issue: z.core.$ZodIssue): readonly { readonly message: string; readonly hint: string | undefined }[] {
  const place = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      message: `unknown key "${[...issue.path.map(String), key].join('.')}"`,
      hint: suggestion(key, configKeys) || undefined,
    }));
  return [{ message: `"${place || 'config'}" ${issueText(issue)}`, hint: undefined }];
}

const rooted = (config: Config, folder: string): Config => {
  const path = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : resolve(folder, value);
  const { model, out, masks, calibrate, constants, smartdeal, ...rest } = config;
  const values = Object.entries(constants ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' ? path(value) : value,
  ]);
  const paths = {
    model: path(model),
    out: path(out),
    masks: path(masks),
    calibrate: calibrate?.startsWith('random') ? calibrate : path(calibrate),
    constants: constants && Object.fromEntries(values),
    smartdeal:
      typeof smartdeal === 'object' ? { ...smartdeal, decomposition: path(smartdeal.decomposition) } : smartdeal,
  };
  return { ...rest, ...Object.fromEntries(Object.entries(paths).filter(([, value]) => value !== undefined)) };
};
