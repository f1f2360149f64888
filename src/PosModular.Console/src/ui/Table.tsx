import type { ReactNode } from "react";

export interface Column<TRow> {
  title: string;
  cell: (row: TRow) => ReactNode;
  number?: boolean;
}

interface TableProps<TRow> {
  caption: string;
  columns: Column<TRow>[];
  rows: readonly TRow[];
  keyOf: (row: TRow) => string;
  /** Opens the details of a row. The first cell is then a button. */
  open?: (row: TRow) => void;
}

/** A table, of two lines a row on a phone. */
export function Table<TRow>({ caption, columns, rows, keyOf, open }: TableProps<TRow>) {
  return (
    <table className="table">
      <caption className="hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" className={column.number ? "number" : undefined}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} data-open={open ? "" : undefined} onClick={open ? () => open(row) : undefined}>
            {columns.map((column, index) => (
              <td key={column.title} data-title={column.title} className={column.number ? "number" : undefined}>
                {open && index === 0 ? (
                  <button type="button" className="rowlink" data-row="">
                    {column.cell(row)}
                  </button>
                ) : (
                  column.cell(row)
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
