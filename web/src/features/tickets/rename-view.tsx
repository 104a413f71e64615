import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { client } from "~/api/client";
import { Problem } from "~/api/problem";
import type { View } from "./views";

/** Gives a saved view another name. */
export function RenameView({ view, onClose, onDone }: { view: View; onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState(view.name);
  const [fault, setFault] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const save = async () => {
    setSaving(true);
    try {
      const params = { path: { id: view.id } };
      await client.PATCH("/api/saved-views/{id}", { params, body: { name, version: view.version } });
      onDone();
      onClose();
    } catch (error) {
      const problem = Problem.of(error);
      setFault(problem.byField().name ?? problem.message);
    } finally {
      setSaving(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title="Rename the view" size="sm" closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextInput
          data-autofocus
          label="Name"
          value={name}
          error={fault}
          maxLength={80}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" mt="md" loading={saving} disabled={name.trim() === ""}>
          Rename
        </Button>
      </form>
    </Modal>
  );
}
