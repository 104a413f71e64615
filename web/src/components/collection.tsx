import { Button, Group, Table } from "@mantine/core";
import type { QueryKey } from "@tanstack/react-query";
import { type LucideIcon, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Once } from "~/lib/record";
import { capital } from "~/lib/text";
import { DeleteButton } from "./delete-button";
import { Empty } from "./empty";
import { type List, Listing } from "./listing";
import { RecordDialog } from "./record-form";
import { DataTable } from "./table";

interface Recipe<R extends { id: string }> {
  /** One of them, many of them: `macro`, `macros`. */
  one: string;
  many: string;
  list: List<R>;
  refresh: QueryKey[];
  /** The words over the columns, without the one for the buttons, and what stands under them; the name comes first. */
  columns: string[];
  cells: (row: R) => ReactNode[];
  nameOf: (row: R) => string;
  /** What is shown when there is nothing. */
  empty: { icon: LucideIcon; title: string; about: string };
  form: (row: R | null, onDone: () => void) => ReactNode;
  size?: string;
  /** Whether the person may make and change rows, and delete them; both when absent. */
  mayChange?: boolean;
  mayDelete?: boolean;
  remove: (id: string) => Promise<unknown>;
  /** Makes a deleted row again. Without it, deleting is asked about, with these words. */
  restore?: (row: R, params: Once) => Promise<unknown>;
  warning?: (row: R) => ReactNode;
}

/** A list of rows with a form for each and a button that deletes it: the table, its dialog, and the button that adds. */
export function useCollection<R extends { id: string }>(recipe: Recipe<R>): { add: ReactNode; table: ReactNode } {
  const { one, many, list, columns, empty, form, size, mayChange = true, mayDelete = mayChange } = recipe;
  const [editing, setEditing] = useState<R | "new" | null>(null);
  const hasButtons = mayChange || mayDelete;
  const add = mayChange && (
    <Button leftSection={<Plus size={14} aria-hidden />} onClick={() => setEditing("new")}>
      New {one}
    </Button>
  );
  const table = (
    <>
      <Listing
        list={list}
        label={many}
        empty={
          <Empty icon={empty.icon} title={empty.title} action={add}>
            {empty.about}
          </Empty>
        }
      >
        {(items) => (
          <DataTable label={capital(many)} columns={hasButtons ? [...columns, ""] : columns}>
            {items.map((row) => (
              <Row
                key={row.id}
                row={row}
                recipe={recipe}
                onEdit={mayChange ? () => setEditing(row) : null}
                mayDelete={mayDelete}
              />
            ))}
          </DataTable>
        )}
      </Listing>
      <RecordDialog editing={editing} what={one} onClose={() => setEditing(null)} {...(size && { size })}>
        {(row) => form(row, () => setEditing(null))}
      </RecordDialog>
    </>
  );
  return { add, table };
}

interface RowProps<R extends { id: string }> {
  row: R;
  recipe: Recipe<R>;
  onEdit: (() => void) | null;
  mayDelete: boolean;
}

function Row<R extends { id: string }>({ row, recipe, onEdit, mayDelete }: RowProps<R>) {
  const { restore } = recipe;
  const name = recipe.nameOf(row);
  return (
    <Table.Tr>
      {recipe.cells(row).map((cell, index) => (
        <Table.Td key={index} fw={index === 0 ? 600 : undefined}>
          {cell}
        </Table.Td>
      ))}
      {(onEdit ?? mayDelete) && (
        <Table.Td>
          <Group gap={4} justify="flex-end" wrap="nowrap">
            {onEdit && (
              <Button variant="subtle" color="gray" size="compact-sm" aria-label={`Change ${name}`} onClick={onEdit}>
                Change
              </Button>
            )}
            {mayDelete && (
              <DeleteButton
                name={name}
                variant="subtle"
                refresh={recipe.refresh}
                remove={() => recipe.remove(row.id)}
                {...(restore && { restore: (params) => restore(row, params) })}
              >
                {recipe.warning?.(row)}
              </DeleteButton>
            )}
          </Group>
        </Table.Td>
      )}
    </Table.Tr>
  );
}
