/** Speeds of links, as people write them. */

/** `10Mbit` → bits a second. Undefined where it is no speed. */
export function parseLink(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg])bit(?:\/s)?$/i.exec(text.trim()) ?? [];
  const bits = Number(number) * ({ k: 1e3, m: 1e6, g: 1e9 }[unit.toLowerCase()] ?? NaN);
  return bits > 0 && bits < Infinity ? bits : undefined;
}

/** Bits a second → `10 Mbit/s`. */
export const printLink = (bits: number): string =>
  bits >= 1e9 ? `${bits / 1e9} Gbit/s` : bits >= 1e6 ? `${bits / 1e6} Mbit/s` : `${bits / 1e3} kbit/s`;
