/** How much of a result each thread computes. templates/cpu/threads/share.c.hbs has the same in C. */
import { lanes } from './panels.ts';

/** Pixels that vectors have on the widest CPUs. */
const narrow = 16;

/** Vectors that a picture takes, the last of them perhaps not full. */
const vectorsOf = (pixels: number): number => Math.ceil(pixels / narrow);

/** The panel at which a part of so many begins, counted over all images: shares are even in vectors. */
export function firstPanel(images: number, pixels: number, part: number, parts: number): number {
  const panels = Math.ceil(pixels / lanes);
  const before = Math.floor((images * vectorsOf(pixels) * part) / parts);
  const image = Math.floor(before / vectorsOf(pixels));
  const panel = Math.floor(((before % vectorsOf(pixels)) + lanes / narrow / 2) / (lanes / narrow));
  return image * panels + Math.min(panel, panels);
}

/** Vectors that each of so many parts has. */
export function panelShares(images: number, pixels: number, parts: number): readonly number[] {
  const panels = Math.ceil(pixels / lanes);
  const vectorsBefore = (panel: number): number =>
    Math.floor(panel / panels) * vectorsOf(pixels) + ((panel % panels) * lanes) / narrow;
  return Array.from(
    { length: parts },
    (_, part) =>
      vectorsBefore(firstPanel(images, pixels, part + 1, parts)) - vectorsBefore(firstPanel(images, pixels, part, parts)),
  );
}
