import { Button, Group, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import type { RecordState, Saved } from "~/lib/record";
import { Refusal } from "./refusal";
import { Restored } from "./restored";
import { StaleNotice } from "./stale";

interface Props<V extends Record<string, unknown>, R extends Saved> {
  record: RecordState<V, R>;
  onCancel: () => void;
  children: ReactNode;
}

/** The fields of a row, what was wrong with them, and the two buttons under them. */
export function RecordForm<V extends Record<string, unknown>, R extends Saved>(props: Props<V, R>) {
  const { record, onCancel, children } = props;
  const { what, form, busy, problem, theirs } = record;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        record.submit();
      }}
    >
      {theirs && <StaleNotice what={what} onMine={record.saveOver} onTheirs={record.takeTheirs} />}
      {!theirs && <Restored form={form} />}
      <Stack gap="sm">
        {children}
        <Refusal problem={problem} />
        <Group justify="flex-end" mt="xs">
          <Button
            variant="default"
            size="sm"
            onClick={() => {
              form.settle();
              onCancel();
            }}
          >
            Cancel
          </Button>
          <Button type="submit" size="sm" loading={busy}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface DialogProps<R> {
  /** The row that is changed, or a new one; null while the dialog is closed. */
  editing: R | "new" | null;
  /** What it is: `macro`. */
  what: string;
  size?: string;
  onClose: () => void;
  children: (row: R | null) => ReactNode;
}

/** The dialog around a form of one row. */
export function RecordDialog<R extends { id: string }>({ editing, what, size, onClose, children }: DialogProps<R>) {
  return (
    <Modal
      opened={editing !== null}
      onClose={onClose}
      title={editing === "new" ? `New ${what}` : `Change the ${what}`}
      closeButtonProps={{ "aria-label": "Close" }}
      {...(size && { size })}
    >
      {editing && (
        <div key={editing === "new" ? "new" : editing.id}>{children(editing === "new" ? null : editing)}</div>
      )}
    </Modal>
  );
}
