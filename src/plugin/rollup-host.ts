/** Rollup, Rolldown, and what else has their hooks. */
import type { Emitter } from './address.ts';
import { emittedAddress } from './address.ts';
import type { Factory } from './host.ts';
import { hooks } from './host.ts';
import type { Resolve } from './locate.ts';
import type { Context } from './plugin.ts';
import { createEspalier } from './plugin.ts';

export interface RollupContext extends Context, Emitter {
  resolve(
    specifier: string,
    importer: string | undefined,
    options: { readonly skipSelf: true },
  ): Promise<{ readonly id: string } | null>;
}

export const asRollup =
  (context: RollupContext, importer: string | undefined): Resolve =>
  async (specifier) =>
    (await context.resolve(specifier, importer, { skipSelf: true }))?.id;

export const rollupFactory: Factory = (options) =>
  hooks<RollupContext>(createEspalier(options), {
    resolve: asRollup,
    address: (context) => (path) => emittedAddress(path, context),
  });
