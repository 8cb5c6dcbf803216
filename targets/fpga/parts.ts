/**
 * Parts and what they have. Look-up tables, registers, blocks and multipliers by device from AMD's product tables:
 * DS180 and DS190 (7 series, Zynq-7000), XMP100 and XMP101 (UltraScale, UltraScale+), XMP104 (Zynq UltraScale+),
 * DS987 and DS988 (Kria K26, K24). Blocks of 36 kbit count as two.
 */

export interface Device {
  readonly dsp: number;
  readonly lut: number;
  readonly ff: number;
  readonly bram18: number;
  readonly uram: number;
}

/**
 * Gigabytes a second that memory beside the part brings, of those that its controller could: ports and refreshes take
 * the rest.
 */
const brought = 0.7;

/**
 * Of the controller: DDR3-1066 of 32 bits (Zynq-7000), DDR4-2400 of 64 (Zynq UltraScale+), DDR3-1600 of 64 as on
 * boards of the others.
 */
const memories: readonly (readonly [string, number])[] = [
  ['xc7z', 4.2],
  ['xczu', 19.2],
  ['xck2', 19.2],
  ['', 12.8],
];

/** Bits that come from memory beside the part in a cycle of so many nanoseconds. */
export const externalBits = ({ name }: Pick<Part, 'name'>, clock: number): number =>
  Math.floor((memories.find(([family]) => name.startsWith(family))?.[1] ?? 0) * brought * 8 * clock);

export interface Part extends Device {
  /** As the tools spell it: device, package, speed grade. */
  readonly name: string;
}

const device = (lut: number, ff: number, bram36: number, dsp: number, uram = 0): Device => ({
  dsp,
  lut,
  ff,
  bram18: 2 * bram36,
  uram,
});

/** By the beginning of their names, which go on with the package and the speed grade. */
export const devices: Readonly<Record<string, Device>> = {
  xc7s25: device(14600, 29200, 45, 80),
  xc7s50: device(32600, 65200, 75, 120),
  xc7s100: device(64000, 128000, 120, 160),
  xc7a15t: device(10400, 20800, 25, 45),
  xc7a35t: device(20800, 41600, 50, 90),
  xc7a50t: device(32600, 65200, 75, 120),
  xc7a75t: device(47200, 94400, 105, 180),
  xc7a100t: device(63400, 126800, 135, 240),
  xc7a200t: device(134600, 269200, 365, 740),
  xc7k70t: device(41000, 82000, 135, 240),
  xc7k160t: device(101400, 202800, 325, 600),
  xc7k325t: device(203800, 407600, 445, 840),
  xc7k410t: device(254200, 508400, 795, 1540),
  xc7vx485t: device(303600, 607200, 1030, 2800),
  xc7vx690t: device(433200, 866400, 1470, 3600),
  xc7z010: device(17600, 35200, 60, 80),
  xc7z015: device(46200, 92400, 95, 160),
  xc7z020: device(53200, 106400, 140, 220),
  xc7z030: device(78600, 157200, 265, 400),
  xc7z045: device(218600, 437200, 545, 900),
  xc7z100: device(277400, 554800, 755, 2020),
  xcku040: device(242400, 484800, 600, 1920),
  xcku060: device(331680, 663360, 1080, 2760),
  xcku115: device(663360, 1326720, 2160, 5520),
  xcku5p: device(216960, 433920, 480, 1824, 64),
  xcku15p: device(522720, 1045440, 984, 1968, 128),
  xcvu9p: device(1182240, 2364480, 2160, 6840, 960),
  xczu2cg: device(47232, 94464, 150, 240),
  xczu2eg: device(47232, 94464, 150, 240),
  xczu3cg: device(70560, 141120, 216, 360),
  xczu3eg: device(70560, 141120, 216, 360),
  xczu4ev: device(87840, 175680, 128, 728, 48),
  xczu5ev: device(117120, 234240, 144, 1248, 64),
  xczu6eg: device(214604, 429208, 714, 1973),
  xczu7ev: device(230400, 460800, 312, 1728, 96),
  xczu9eg: device(274080, 548160, 912, 2520),
  xczu15eg: device(341280, 682560, 744, 3528, 112),
  xczu19eg: device(522720, 1045440, 984, 1968, 128),
  xczu28dr: device(425280, 850560, 1080, 4272, 80),
  xck24: device(70560, 141120, 216, 360),
  xck26: device(117120, 234240, 144, 1248, 64),
};

/** Whole names that are often meant, for messages and examples. */
const usual: readonly string[] = [
  'xc7a35tcpg236-1',
  'xc7a100tcsg324-1',
  'xc7a200tfbg484-1',
  'xc7k325tffg900-2',
  'xc7z010clg400-1',
  'xc7z020clg400-1',
  'xczu3eg-sbva484-1-e',
  'xczu7ev-ffvc1156-2-e',
  'xczu9eg-ffvb1156-2-e',
  'xcku040-ffva1156-2-e',
  'xck26-sfvc784-2lv-c',
];

/** Letters, digits and dashes: part names reach scripts. */
const spelling = /^[a-z0-9-]{4,40}$/;

/** The part, by a whole name or that of its device. */
export function partNamed(name: string): Part | undefined {
  const asked = name.toLowerCase();
  if (!spelling.test(asked)) return undefined;
  const fitting = Object.keys(devices).filter((d) => asked.startsWith(d) && !/^[0-9]/.test(asked.slice(d.length)));
  const found = fitting.reduce((best, d) => (d.length > best.length ? d : best), '');
  return found === '' ? undefined : { name: asked, ...devices[found] };
}

/** The known name that differs least from one that is not. */
export function nearestPart(name: string): string {
  const known = [...usual, ...Object.keys(devices)];
  const far = known.map((k) => distance(name.toLowerCase().slice(0, 64), k));
  return known[far.indexOf(Math.min(...far))];
}

/** Letters to change, add or leave out (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
