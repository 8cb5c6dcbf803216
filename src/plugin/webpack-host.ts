/** webpack, and Rspack, which has its interface. */
import { webpackAddress } from './address.ts';
import type { Factory } from './host.ts';
import { hooks } from './host.ts';
import type { Resolve } from './locate.ts';
import type { Context } from './plugin.ts';
import { createEspalier } from './plugin.ts';

/** The part of them that finds files. */
interface Compiler {
  readonly context: string;
  readonly resolverFactory: {
    get(
      type: 'normal',
      options: { readonly dependencyType: 'esm' },
    ): {
      resolve(
        context: object,
        folder: string,
        request: string,
        resolveContext: object,
        done: (error: unknown, found?: string | false) => void,
      ): void;
    };
  };
}

interface WebpackContext extends Context {
  getNativeBuildContext(): { readonly loaderContext: { cacheable(flag: boolean): void } };
}

export const webpackFactory: Factory = (options, meta) => {
  const compiler = compilerOf(meta);
  const espalier = createEspalier(options);
  espalier.root = compiler.context;
  const resolve: Resolve = (specifier, folder) =>
    new Promise((done) => {
      const resolver = compiler.resolverFactory.get('normal', { dependencyType: 'esm' });
      resolver.resolve({}, folder, specifier, {}, (_, found) => done(found || undefined));
    });
  return hooks<WebpackContext>(espalier, {
    resolve: () => resolve,
    address(context) {
      // What webpack keeps from run to run names a file in our cache, which may be gone: ours is asked every time.
      context.getNativeBuildContext().loaderContext.cacheable(false);
      return webpackAddress;
    },
  });
};

/** Each of them gives its compiler under its own name; of both there is less in the types than in fact. */
const compilerOf = (meta: object): Compiler =>
  Object.values(meta as Readonly<Record<string, { readonly compiler?: Compiler }>>).flatMap(
    (entry) => entry?.compiler ?? [],
  )[0];
