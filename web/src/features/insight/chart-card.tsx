import { ActionIcon, Title } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import { ChartColumn, Download, Table2 } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { offer } from "~/lib/offer";
import { type Cell, csvOf } from "~/lib/csv";
import classes from "./insight.module.css";

interface Props {
  title: string;
  hint?: string;
  size: "wide" | "half" | "third" | "full";
  /** The numbers of the chart: what is drawn, what stands in the table behind it, and what is saved as a file. */
  columns: string[];
  rows: Cell[][];
  /** How a number is written in the table; as it is when absent. */
  format?: (value: number, column: number) => string;
  /** Where the list behind a number is, by its row and column. */
  links?: (row: number, column: number) => Behind | undefined;
  /** A sentence under the numbers, such as why they lead to no list. */
  note?: string | undefined;
  children: ReactNode;
}

export type Behind = Pick<LinkProps, "to" | "search">;

/** A chart with its numbers behind it: as a table for those who do not see it, and as a file. */
export function ChartCard({ title, hint, size, columns, rows, format = String, links, note, children }: Props) {
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  const save = () => {
    const name = `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.csv`;
    offer(new Blob([csvOf(columns, rows)], { type: "text/csv;charset=utf-8" }), name);
  };
  return (
    <section className={`${classes.card ?? ""} ${classes[size] ?? ""}`} aria-labelledby={id}>
      <div className={classes.head}>
        <Title order={2} id={id}>
          {title}
        </Title>
        <span className={classes.hint}>{hint}</span>
        <ActionIcon
          size={26}
          aria-label={asTable ? `${title}: as a chart` : `${title}: as a table`}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? <ChartColumn size={15} aria-hidden /> : <Table2 size={15} aria-hidden />}
        </ActionIcon>
        <ActionIcon size={26} aria-label={`${title}: save as CSV`} onClick={save}>
          <Download size={15} aria-hidden />
        </ActionIcon>
      </div>
      {asTable ? <Numbers title={title} columns={columns} rows={rows} format={format} links={links} /> : children}
      {note && <p className={classes.note}>{note}</p>}
    </section>
  );
}

type NumbersProps = Pick<Props, "title" | "columns" | "rows"> & {
  format: (value: number, column: number) => string;
  links: Props["links"] | undefined;
};

function Numbers({ title, columns, rows, format, links }: NumbersProps) {
  return (
    <div className={classes.table} role="region" aria-label={`${title}: numbers`} tabIndex={0}>
      <table aria-label={title}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((value, column) =>
                column === 0 ? (
                  <th key={column} scope="row">
                    {value}
                  </th>
                ) : (
                  <td key={column}>
                    <Way to={value ? links?.(index, column) : undefined}>
                      {typeof value === "number" ? format(value, column) : value}
                    </Way>
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The way to the list behind a number, where there is one. */
export function Way({ to, children }: { to: Behind | undefined; children: ReactNode }) {
  if (!to) return children;
  return (
    <Link {...(to as LinkProps)} className={classes.way}>
      {children}
    </Link>
  );
}
