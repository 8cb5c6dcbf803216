/** What quantised numbers stand for: real = scale · (stored − zero), per tensor or along one axis. */
export interface Quantity {
  /** One per tensor, or one per index of `axis`. */
  readonly scale: readonly number[];
  readonly zero: readonly number[];
  /** The axis that `scale` and `zero` run along; −1 for one pair per tensor. */
  readonly axis: number;
}
