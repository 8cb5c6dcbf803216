/** How much of a result each thread computes. templates/cpu/threads/share.c.hbs finds the same places in C. */
import { lanes } from './panels.ts';

/** Pixels that vectors have on the widest CPUs, which shares are counted in. */
const wide = 16;

const perPanel = lanes / wide;

/** Vectors that a picture takes, the last of them perhaps not full. */
const vectorsOf = (pixels: number): number => Math.ceil(pixels / wide);

/** The panel at which a part of so many begins, counted over all images: shares are even in vectors. */
function firstPanel(images: number, pixels: number, part: number, parts: number): number {
  const panels = Math.ceil(pixels / lanes);
  const before = Math.floor((images * vectorsOf(pixels) * part) / parts);
  const panel = Math.floor(((before % vectorsOf(pixels)) + perPanel / 2) / perPanel);
  return Math.floor(before / vectorsOf(pixels)) * panels + Math.min(panel, panels);
}

/** How much longer the thread with most panels takes than it would if vectors were shared out one by one. */
export function unevenness(images: number, pixels: number, parts: number): number {
  const panels = Math.ceil(pixels / lanes);
  const vectorsBefore = (panel: number): number =>
    Math.floor(panel / panels) * vectorsOf(pixels) + (panel % panels) * perPanel;
  const ends = Array.from({ length: parts + 1 }, (_, part) => vectorsBefore(firstPanel(images, pixels, part, parts)));
  const most = Math.max(...ends.slice(1).map((end, part) => end - ends[part]));
  return (most * parts) / (images * vectorsOf(pixels));
}

/** Of the work on a panel, in 1024ths. */
export const wholePanel = 1024;

/** Less than this is not worth a part of its own. */
const least = wholePanel / 16;

/** Where in the work on a panel parts begin, ascending, if vectors are to be shared out evenly, and where the last one ends. */
export function panelShares(images: number, pixels: number, parts: number): readonly number[] {
  const vectors = vectorsOf(pixels);
  const cuts = Array.from({ length: parts - 1 }, (_, i) => {
    const before = Math.floor((images * vectors * wholePanel * (i + 1)) / parts) % (vectors * wholePanel);
    const panel = Math.floor(before / (perPanel * wholePanel));
    return Math.floor((before - panel * perPanel * wholePanel) / Math.min(perPanel, vectors - perPanel * panel));
  });
  const shares = [0];
  for (const cut of cuts.sort((a, b) => a - b))
    if (cut - shares[shares.length - 1] >= least && wholePanel - cut >= least) shares.push(cut);
  return [...shares, wholePanel];
}
