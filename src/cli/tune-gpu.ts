/** What `espalier tune -t webgpu` does. Loaded only when it runs, so that help comes at once. */
import { countsOf } from '../../targets/webgpu/counts.ts';
import { laptop } from '../../targets/webgpu/rates/laptop.ts';
import { visible } from '../diagnostic.ts';
import { gpuFile, writeTuning } from '../make/tuning.ts';
import { findBrowser } from '../toolchain/browser.ts';
import type { MeasuredShaders } from '../tune/gpu-node.ts';
import { timeInNode } from '../tune/gpu-node.ts';
import type { PageOptions } from '../tune/gpu-page.ts';
import { timeInPage } from '../tune/gpu-page.ts';
import { quickGpuGrid, wholeGpuGrid } from '../tune/grid.ts';
import { probesFor } from '../tune/probes.ts';
import type { StoredJob } from '../tune/shaders.ts';
import { shadersOf } from '../tune/shaders.ts';
import { tuneFrom } from '../tune/tune.ts';
import type { Desk } from './desk.ts';
import type { Flags } from './tune.ts';
import { tuneAsText } from './tune-text.ts';

/** Seconds that layers are measured, all in turn. */
const wholeSeconds = 40;
const quickSeconds = 5;

export async function tuneGpu(flags: Flags, desk: Desk): Promise<boolean> {
  const { io, report, doing } = desk;
  const { quick, browser: named, page } = flags;
  const browser = named === undefined ? undefined : await findBrowser(named === true ? undefined : named, report);
  if (named !== undefined && browser === undefined) return false;
  doing('making layers to measure');
  const { graph, probes } = probesFor(quick ? quickGpuGrid : wholeGpuGrid, countsOf);
  const stored = shadersOf(graph);
  const seconds = quick ? quickSeconds : wholeSeconds;
  const measured = await (page || browser !== undefined
    ? inPage(stored, { browser, seconds }, desk)
    : timeInNode(stored, { seconds, doing, journal: io.journal, signal: io.signal }, report));
  if (!measured) return false;
  // Names come from drivers, and from whoever opened the page.
  const where = { machine: visible(measured.adapter), compiler: visible(measured.runtime) };
  const tuned = tuneFrom(probes, new Map(Object.entries(measured.times)), laptop, where);
  const file = flags.out ?? gpuFile(where);
  const { families } = tuned.rates;
  if (!writeTuning(file, { version: 1, target: 'webgpu', ...where, families }, report)) return false;
  desk.print({ file, ...where, families: tuned.fits, layers: tuned.compared }, (paint) =>
    tuneAsText({ ...where, file }, tuned, paint),
  );
  return true;
}

function inPage(
  stored: StoredJob,
  { browser, seconds }: Pick<PageOptions, 'browser' | 'seconds'>,
  { io, report, doing }: Desk,
): Promise<MeasuredShaders | undefined> {
  const opened = (address: string): void => {
    if (browser === undefined)
      io.err.write(`open ${address} in a browser on this machine: it measures there, and ends here\n`);
    doing(browser === undefined ? 'waiting for the page' : 'measuring in a browser');
  };
  return timeInPage(stored, { browser, seconds, opened, journal: io.journal, signal: io.signal }, report);
}
