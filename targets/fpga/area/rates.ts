/**
 * What parts of a datapath take in look-up tables and registers of the 7 series. Fitted to yosys 0.23 `synth_xilinx -family xc7`: estimates elsewhere.
 */
export const rates = {
  /** Per bit of a multiplexer with so many inputs. */
  mux: { 1: 0, 2: 1, 4: 1, 8: 3, 16: 5.1, 32: 13, 64: 21 } as Readonly<Record<number, number>>,
  /** State machines and counters of an engine. */
  control: { lut: 50, ff: 165 },
  /** Registers of a lane besides what is read for it and its sum, by where sums go on. */
  laneFf: { memory: 15, register: 5 },
  /** Per bit that is chosen of two. */
  chosen: 1,
  /** Per bit of an adder. */
  adder: 1,
  /** Per bit and bit of a product made of look-up tables. */
  product: 1.4,
  /** Per bit of a shifter by up to three. */
  shifter: 1,
  /** What puts a weight together from three codes, one weight a cycle. */
  rebuild: { lut: 169, ff: 230 },
  /** Registered adders of constant products: per bit. */
  constantAdder: { lut: 0.75, ff: 1 },
  /** LUTs of 3 bits × 64 words of memory that is written and read at different places. */
  memory64: 4,
  /** LUTs of 6 bits × 32 words of it. */
  memory32: 4,
} as const;

/** LUTs for each bit of a multiplexer with `inputs` inputs. */
export const muxLuts = (inputs: number): number => {
  if (inputs <= 1) return 0;
  const wide = 2 ** Math.ceil(Math.log2(inputs));
  if (wide > 64) return (wide / 64) * rates.mux[64] + muxLuts(wide / 64);
  const share = (inputs - wide / 2) / (wide / 2);
  return inputs <= 4 ? 1 : rates.mux[wide / 2] + share * (rates.mux[wide] - rates.mux[wide / 2]);
};
