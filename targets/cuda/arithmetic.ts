/** What layers multiply in. Sums are f32 whatever it is. Between layers values have the 16 bits of f16 or bf16 where layers read them; f16 holds what is beyond its largest number at that. */

export const arithmetics = ['f32', 'tf32', 'f16', 'bf16'] as const;

export type Arithmetic = (typeof arithmetics)[number];

export const isArithmetic = (word: string): word is Arithmetic => arithmetics.some((known) => known === word);

/** How far a result may be from the meaning of the graph, against its largest number: as numbers of 24, 11 and 8 bits are, through some dozens of layers. */
export const errorOf: Readonly<Record<Arithmetic, number>> = { f32: 1e-4, tf32: 5e-3, f16: 5e-3, bf16: 4e-2 };
