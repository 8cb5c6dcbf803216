/** What runs in a page that contends: it takes orders through a function of the window. */
import type { Orders } from '../orders.ts';
import type { Surroundings } from './contend.ts';
import { contend } from './contend.ts';
import type { Driver, Read } from './site.ts';

/** The name of that function. */
export const obeyName = 'espalierObey';

/** Reads the orders, which the server of the page has. */
export async function begin(): Promise<void> {
  const { subject, ...ports } = JSON.parse(new TextDecoder().decode(await read('/orders.json'))) as Orders;
  if (subject.kind !== 'site') throw new Error('only sites run in pages');
  const { site } = subject;
  const ready = async () => {
    const { open } = (await import(site.driver)) as Driver;
    return () => open(site, read);
  };
  Object.assign(globalThis, { [obeyName]: contend(ports, ready, { ...around, gpu: site.gpu }) });
}

const read: Read = async (address) => {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`the server answers ${answer.status} to "${address}"`);
  return new Uint8Array(await answer.arrayBuffer());
};

const around: Omit<Surroundings, 'gpu'> = {
  read,
  async write(address, bytes) {
    const answer = await fetch(address, { method: 'PUT', body: bytes });
    if (!answer.ok) throw new Error(`the server answers ${answer.status} to "${address}"`);
  },
  // A page is not told: who drives the browser asks the system.
  peakBytes: () => null,
};
