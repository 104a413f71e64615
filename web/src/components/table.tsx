import { Skeleton, Table } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./table.module.css";

interface Props {
  label: string;
  /** The words over the columns; an empty one is for buttons. */
  columns: string[];
  children: ReactNode;
}

/** Rows and columns with thin lines; too wide a table scrolls by itself. */
export function DataTable({ label, columns, children }: Props) {
  return (
    <div className={classes.frame} role="region" aria-label={label} tabIndex={0}>
      <Table className={classes.table} verticalSpacing={8} horizontalSpacing="md" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column, index) =>
              column ? <Table.Th key={column}>{column}</Table.Th> : <Table.Td key={index} aria-hidden />,
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  );
}

/** Shaped like a table, so that nothing jumps when it comes. */
export function TableSkeleton({ label, rows = 6 }: { label: string; rows?: number }) {
  return (
    <div className={classes.frame} role="status" aria-label={`Loading ${label}`}>
      {Array.from({ length: rows + 1 }, (_, index) => (
        <Skeleton
          key={index}
          height={14}
          mx={16}
          my={12}
          width={index === 0 ? "30%" : `${String(90 - (index % 3) * 12)}%`}
        />
      ))}
    </div>
  );
}
