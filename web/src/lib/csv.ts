export type Cell = string | number | null;

/** Comma-separated values (RFC 4180). Text that a spreadsheet would take for a formula gets an apostrophe. */
export function csvOf(columns: string[], rows: Cell[][]): string {
  const cell = (value: Cell): string => {
    if (value === null) return "";
    if (typeof value === "number") return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
