/** What the pose detector's numbers mean: see README.md in this folder. */

/** The person whom the detector is surest of, in pixels of its input. */
export interface Person {
  /** 0 to 1. */
  readonly score: number;
  /** The middle and the sizes of the box around the face. */
  readonly face: Box;
  readonly hips: Point;
  readonly shoulders: Point;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Cells a side of each grid, and how many anchors each cell has. */
const grids = [
  { cells: 28, anchors: 2 },
  { cells: 14, anchors: 2 },
  { cells: 7, anchors: 6 },
] as const;

/** Pixels a side of the picture. */
const side = 224;

/** Numbers an anchor. */
export const columns = 13;

/** The middles of the cells, one for each anchor. */
const anchors: readonly Point[] = grids.flatMap(({ cells, anchors: each }) =>
  Array.from({ length: cells * cells * each }, (_, i) => {
    const cell = Math.floor(i / each);
    const middle = (at: number): number => ((at + 0.5) * side) / cells;
    return { x: middle(cell % cells), y: middle(Math.floor(cell / cells)) };
  }),
);

/** The anchor with the highest score, read. `output` is the detector's: 2254 anchors of 13 numbers. */
export function bestPerson(output: ArrayLike<number>): Person {
  let best = 0;
  for (let i = 1; i < anchors.length; i++) if (output[i * columns] > output[best * columns]) best = i;
  const { x, y } = anchors[best];
  const at = (column: number): number => output[best * columns + column];
  const point = (column: number): Point => ({ x: x + at(column), y: y + at(column + 1) });
  const logit = Math.min(100, Math.max(-100, at(0)));
  return {
    score: 1 / (1 + Math.exp(-logit)),
    face: { ...point(1), width: at(3), height: at(4) },
    hips: point(5),
    shoulders: point(9),
  };
}

/** A copy of an RGB picture with the box and the points drawn on it. */
export function drawPerson(picture: Uint8Array, { face, hips, shoulders }: Person): Uint8Array {
  const drawn = Uint8Array.from(picture);
  const dot = (px: number, py: number, colour: readonly number[]): void => {
    const [x, y] = [Math.round(px), Math.round(py)];
    if (x >= 0 && x < side && y >= 0 && y < side) drawn.set(colour, (y * side + x) * 3);
  };
  const [left, top] = [face.x - face.width / 2, face.y - face.height / 2];
  for (let i = 0; i <= face.width; i++) for (const y of [top, top + face.height]) dot(left + i, y, [0, 255, 0]);
  for (let i = 0; i <= face.height; i++) for (const x of [left, left + face.width]) dot(x, top + i, [0, 255, 0]);
  for (const { x, y } of [hips, shoulders])
    for (let i = -3; i <= 3; i++) for (let j = -3; j <= 3; j++) dot(x + i, y + j, [255, 0, 0]);
  return drawn;
}
