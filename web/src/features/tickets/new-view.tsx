import { Button, Modal, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { client } from "~/api/client";
import { Problem } from "~/api/problem";
import { useUser } from "~/api/session";
import { useOnceKey } from "~/lib/once";
import { type TicketSearch, filtersIn, searchOfView } from "./search";

interface Props {
  search: TicketSearch;
  onClose: () => void;
  onDone: (search: TicketSearch) => void;
}

/** Keeps the present filters under a name. */
export function NewView({ search, onClose, onDone }: Props) {
  const isAdmin = useUser()?.role === "ADMIN";
  const once = useOnceKey();
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const save = async () => {
    if (saving) return;
    setSaving(true);
    const body = { name: name.trim(), filters: filtersIn(search), sort: search.sort, isShared };
    try {
      const header = { "Idempotency-Key": once.keyFor(body) };
      const { data } = await client.POST("/api/saved-views", { params: { header }, body });
      once.done();
      if (data) onDone(searchOfView(data));
    } catch (error) {
      const problem = Problem.of(error);
      setFault(problem.byField().name ?? problem.message);
    } finally {
      setSaving(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title="New view" size="sm" closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextInput
          data-autofocus
          label="Name"
          placeholder="Such as “VPN, waiting”"
          value={name}
          error={fault}
          maxLength={80}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {isAdmin && (
          <Switch
            mt="sm"
            size="xs"
            label="For everybody"
            checked={isShared}
            onChange={(event) => setShared(event.currentTarget.checked)}
          />
        )}
        <Button type="submit" mt="md" loading={saving} disabled={name.trim() === ""}>
          Save the view
        </Button>
      </form>
    </Modal>
  );
}
