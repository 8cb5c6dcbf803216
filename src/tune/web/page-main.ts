/** What runs in a page that measures: it begins at once, shows how far it is, and sends what it measured. */
import type { ShaderJob, ShaderTimes } from './time-shaders.ts';
import { openTimer } from './time-shaders.ts';

/** The name of a function of the window, which waits for the end. */
export const doneName = 'espalierTuned';

/** Addresses of the page's server. */
export const addresses = { job: '/job.json', weights: '/weights.bin', timed: '/timed.json' } as const;

export interface PageJob extends ShaderJob {
  readonly seconds: number;
}

export type Sent =
  | { readonly fault: string }
  | { readonly adapter: string; readonly runtime: string; readonly times: ShaderTimes };

export function begin(): void {
  const done = measureAndSend().catch((cause) => show(`nothing was measured: ${cause}`));
  Object.assign(globalThis, { [doneName]: () => done });
}

async function measureAndSend(): Promise<void> {
  const sent = await measured().catch((cause): Sent => ({ fault: String(cause?.message ?? cause) }));
  const answer = await fetch(addresses.timed, { method: 'PUT', body: JSON.stringify(sent) });
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  show('fault' in sent ? sent.fault : `measured on ${sent.adapter}: this page can be closed`);
}

async function measured(): Promise<Sent> {
  show('making shaders');
  const { seconds, ...job } = (await (await fetch(addresses.job)).json()) as PageJob;
  const weights = new Uint8Array(await (await fetch(addresses.weights)).arrayBuffer());
  const timer = await openTimer(navigator.gpu, job, weights);
  const began = performance.now();
  for (let passed = 0; passed < 1; passed = (performance.now() - began) / (1000 * seconds)) {
    show(`measuring, ${Math.round(100 * passed)} %`);
    await timer.round();
  }
  return { adapter: timer.adapter, runtime: runtime(), times: timer.times() };
}

function show(text: string): void {
  document.body.textContent = text;
}

/** The name and version that the browser gives itself last, or first where there are brands. */
function runtime(): string {
  const found = navigator.userAgent.match(/(?:Firefox|Edg|OPR|Chrome|Version)\/[\d.]+/g) ?? [];
  return found.at(-1)?.replace('/', ' ').replace('Version', 'Safari') ?? 'a browser';
}
