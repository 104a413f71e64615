import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { client } from "~/api/client";
import { Problem } from "~/api/problem";
import type { View } from "./views";
import { Refusal } from "~/components/refusal";
import { useFlight } from "~/lib/flight";

/** Gives a saved view another name. */
export function RenameView({ view, onClose, onDone }: { view: View; onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState(view.name);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { fly, busy } = useFlight();
  const save = async () => {
    setProblem(null);
    try {
      const params = { path: { id: view.id } };
      await client.PATCH("/api/saved-views/{id}", { params, body: { name, version: view.version } });
      onDone();
      onClose();
    } catch (error) {
      setProblem(Problem.of(error));
    }
  };
  const fault = problem?.byField().name;
  return (
    <Modal opened onClose={onClose} title="Rename the view" size="sm" closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void fly(save);
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
        {!fault && <Refusal problem={problem} />}
        <Button type="submit" mt="md" loading={busy} disabled={name.trim() === ""}>
          Rename
        </Button>
      </form>
    </Modal>
  );
}
