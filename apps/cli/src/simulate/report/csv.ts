/** Rows as CSV (RFC 4180): a head line, then a line each; null is an empty field. */
export function csv(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => names.map((name) => field(row[name])).join(','));
  return [names.join(','), ...lines, ''].join('\r\n');
}

function field(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
