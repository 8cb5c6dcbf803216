/** Tables as RFC 4180 has them. */

export type Cell = string | number | null;

/** One row of column names, then the rows. What is null is empty. */
export const csvOf = <Row extends object>(columns: readonly (keyof Row & string)[], rows: readonly Row[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => row[column] as Cell | readonly number[]))]
    .map((cells) => `${cells.map(printed).join(',')}\r\n`)
    .join('');

function printed(cell: Cell | readonly number[]): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  if (typeof cell !== 'string') return cell.join('x');
  // Programs for tables would take a name that begins like this for a formula.
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
