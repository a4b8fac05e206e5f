// Rows as a file that spreadsheets open.

/** Comma-separated lines. A text that a spreadsheet would take for a formula begins with a quote. */
export function csv(rows: readonly (readonly unknown[])[]): string {
  return rows.map((row) => row.map(cell).join(",")).join("\n");
}

function cell(value: unknown): string {
  const text = String(value ?? "").replace(/^(?=[=+@\t\r])/, "'");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
