/**
 * What parts of a datapath take in look-up tables and registers of the 7 series. Fitted to yosys 0.23 `synth_xilinx -family xc7`: estimates elsewhere.
 */
export const rates = {
  /** Per bit of a multiplexer with so many inputs. */
  mux: { 1: 0, 2: 1, 4: 1, 8: 3, 16: 5.1, 32: 13, 64: 21 } as Readonly<Record<number, number>>,
  /** State machines and counters of an engine. */
  control: { lut: 160, ff: 120 },
  /** Registers of a lane besides its sums. */
  laneFf: 51,
  /** Registers of a lane for each bit of its sum, where it is drained while it fills. */
  laneFfPerBit: 1,
  /** Per bit of an adder. */
  adder: 1,
  /** Per bit and bit of a product made of look-up tables. */
  product: 1.1,
  /** Per bit and stage of a shifter. */
  shifter: 0.6,
  /** What puts a weight together from three codes, one weight a cycle. */
  rebuild: { lut: 169, ff: 92 },
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
  return wide <= 64 ? rates.mux[wide] : (wide / 64) * rates.mux[64] + muxLuts(wide / 64);
};
