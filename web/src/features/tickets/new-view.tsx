import { Button, Modal, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { client } from "~/api/client";
import { Problem } from "~/api/problem";
import { useUser } from "~/api/session";
import { useOnceKey } from "~/lib/once";
import { type TicketSearch, filtersIn, searchOfView } from "./search";
import { Refusal } from "~/components/refusal";
import { useFlight } from "~/lib/flight";

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
  const [problem, setProblem] = useState<Problem | null>(null);
  const { fly, busy } = useFlight();
  const save = async () => {
    setProblem(null);
    const body = { name: name.trim(), filters: filtersIn(search), sort: search.sort, isShared };
    try {
      const header = { "Idempotency-Key": once.keyFor(body) };
      const { data } = await client.POST("/api/saved-views", { params: { header }, body });
      once.done();
      if (data) onDone(searchOfView(data));
    } catch (error) {
      setProblem(Problem.of(error));
    }
  };
  const fault = problem?.byField().name;
  return (
    <Modal opened onClose={onClose} title="New view" size="sm" closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void fly(save);
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
        {!fault && <Refusal problem={problem} />}
        <Button type="submit" mt="md" loading={busy} disabled={name.trim() === ""}>
          Save the view
        </Button>
      </form>
    </Modal>
  );
}
