import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type ComponentType, useState } from "react";
import { useIsAdmin } from "~/api/session";
import { DeleteButton } from "~/components/delete-button";
import { RecordDialog } from "~/components/record-form";
import { showDone } from "~/components/toast";
import type { Once, Saved } from "~/lib/record";
import type { FormProps } from "./parts";
import { DIRECTORY } from "./refresh";

interface Props<R> {
  what: string;
  row: R;
  name: string;
  mayChange: boolean;
  size?: string;
  form: ComponentType<FormProps<R>>;
  remove: () => Promise<unknown>;
  restore: (params: Once) => Promise<unknown>;
  /** The list that it stood in. */
  back: "/organizations" | "/contacts" | "/devices";
}

/** The buttons over the page of one thing: change it, delete it. */
export function RowActions<R extends Saved>(props: Props<R>) {
  const { what, row, name, mayChange, size, form: Form, remove, restore, back } = props;
  const isAdmin = useIsAdmin();
  const navigate = useNavigate();
  const [editing, setEditing] = useState<R | null>(null);
  const close = () => setEditing(null);
  return (
    <>
      {mayChange && (
        <Button variant="default" onClick={() => setEditing(row)}>
          Change
        </Button>
      )}
      {isAdmin && (
        <DeleteButton
          name={name}
          size="xs"
          remove={remove}
          restore={restore}
          refresh={DIRECTORY}
          onDeleted={() => navigate({ to: back })}
        />
      )}
      <RecordDialog editing={editing} what={what} onClose={close} {...(size && { size })}>
        {(one) => (
          <Form
            row={one}
            onCancel={close}
            onSaved={() => {
              close();
              showDone(`The ${what} is saved`);
            }}
          />
        )}
      </RecordDialog>
    </>
  );
}

interface AddProps<R> {
  what: string;
  size?: string;
  form: ComponentType<FormProps<R>>;
  /** Whose it will be, where that is known. */
  organization?: { id: string; name: string };
  /** What follows, such as going to its page. */
  onSaved?: (row: R) => void;
  variant?: string;
}

/** The button that makes one, with its dialog. */
export function AddButton<R extends Saved>(props: AddProps<R>) {
  const { what, size, form: Form, organization, onSaved, variant = "default" } = props;
  const [editing, setEditing] = useState<"new" | null>(null);
  const close = () => setEditing(null);
  return (
    <>
      <Button variant={variant} onClick={() => setEditing("new")}>
        New {what}
      </Button>
      <RecordDialog<R> editing={editing} what={what} onClose={close} {...(size && { size })}>
        {() => (
          <Form
            row={null}
            {...(organization && { organization })}
            onCancel={close}
            onSaved={(row) => {
              close();
              onSaved?.(row);
            }}
          />
        )}
      </RecordDialog>
    </>
  );
}
