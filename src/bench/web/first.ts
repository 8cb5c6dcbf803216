/** Time to the first result: what loads, compiles and runs for the first time, in processes or pages that did nothing before. */
import type { Named } from '../../graph/evaluate.ts';
import { median } from '../../make/timing.ts';
import type { Start } from '../contender.ts';
import type { Web } from '../report.ts';
import { rounded } from '../statistics.ts';
import type { Kit } from './kit.ts';
import type { Place } from './places.ts';
import { downloadMs, shipmentOf } from './shipped.ts';

export interface FirstOptions {
  readonly place: Place;
  readonly inputs: Named;
  /** How often each starts, in turn. */
  readonly starts: number;
  /** Bits a second. */
  readonly link: number;
  readonly doing: (what: string) => void;
}

/** One for each kit. Undefined after a report. */
export async function firstResults(kits: readonly Kit[], options: FirstOptions): Promise<readonly Web[] | undefined> {
  const { place, inputs, starts, link, doing } = options;
  const samples: Start[][] = kits.map(() => []);
  for (let round = 0; round < starts; round++)
    for (const [i, kit] of kits.entries()) {
      doing(`starting ${kit.name}, ${round + 1} of ${starts}`);
      const process = await place.open(kit);
      const sample = await process?.start(inputs);
      process?.dispose();
      if (!sample) return undefined;
      samples[i].push(sample);
    }
  const results: Web[] = [];
  for (const [i, { name, version, ships }] of kits.entries()) {
    doing(`compressing what ${name} ships`);
    const shipment = ships.length > 0 ? await shipmentOf(ships) : null;
    const download = shipment && downloadMs(shipment, link);
    results.push({
      version: version ?? samples[i][0]?.way ?? null,
      start: startOf(samples[i], download),
      ships: shipment,
    });
  }
  return results;
}

export function startOf(samples: readonly Start[], download: number | null): Web['start'] {
  const middle = (of: (sample: Start) => number): number => rounded(median(samples.map(of)));
  const gpu = samples.flatMap((s) => (s.gpu ? [s.gpu] : []));
  const peaks = samples.map(({ peakBytes }) => peakBytes).filter((bytes) => bytes !== null);
  return {
    starts: samples.length,
    downloadMs: download === null ? null : rounded(download),
    loadMs: middle((s) => s.loadMs),
    firstMs: middle((s) => s.firstMs),
    secondMs: middle((s) => s.secondMs),
    totalMs: rounded((download ?? 0) + median(samples.map((s) => s.loadMs + s.firstMs))),
    peakBytes: peaks.length === 0 ? null : Math.round(median(peaks)),
    gpu:
      gpu.length === 0
        ? null
        : {
            uploadedBytes: Math.round(median(gpu.map((g) => g.uploadedBytes))),
            heldBytes: Math.round(median(gpu.map((g) => g.heldBytes))),
          },
  };
}
