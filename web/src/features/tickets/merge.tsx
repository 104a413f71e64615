import { Button, Group, Modal, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type TicketDetail, type TicketLine } from "~/api/client";
import { useSending } from "~/api/sending";
import { showDone, showProblem } from "~/components/toast";
import { useOnceKey } from "~/lib/once";
import { accept } from "./change";
import { Picker } from "./picker";
import { ticketList } from "./use-ticket-list";

/** Tickets that are offered at once. */
const OFFERED = 12;

/** Puts a ticket into another one: first which, then whether really, since it cannot be taken back. */
export function Merge({ ticket, onClose }: { ticket: TicketDetail; onClose: () => void }) {
  const [target, setTarget] = useState<TicketLine | null>(null);
  const [words, setWords] = useState("");
  const [settled] = useDebouncedValue(words, 200);
  const q = settled.trim();
  const found = useQuery({
    queryKey: ["tickets to merge into", ticket.id, q],
    queryFn: ({ signal }) =>
      ticketList.load(q === "" ? { contactId: ticket.contact?.id } : { q }, OFFERED, undefined, signal),
    placeholderData: keepPreviousData,
  });
  const offered = (found.data?.items ?? []).filter(({ id }) => id !== ticket.id);
  if (target) return <Confirm ticket={ticket} target={target} onClose={onClose} />;
  return (
    <Picker
      opened
      keepOpen
      title={`Merge ${ticket.label} into`}
      placeholder="Number, subject or words of the other ticket"
      onWords={setWords}
      options={offered.map(({ id, label, subject, contact }) => ({
        key: id,
        label: `${label} ${subject}`,
        hint: contact?.name,
      }))}
      onClose={onClose}
      onPick={(key) => setTarget(offered.find(({ id }) => id === key) ?? null)}
      empty={found.isPending ? "Searching…" : "No ticket fits."}
    />
  );
}

interface ConfirmProps {
  ticket: TicketDetail;
  target: TicketLine;
  onClose: () => void;
}

function Confirm({ ticket, target, onClose }: ConfirmProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const once = useOnceKey();
  const merge = useSending("post", "/api/tickets/{id}/merge", {
    onSuccess: (merged) => {
      once.done();
      accept(queries, merged);
      onClose();
      showDone(`${ticket.label} is now part of ${target.label}`);
      void queries.invalidateQueries({ queryKey: ["get"] });
      void navigate({ to: "/tickets/$ticket", params: { ticket: target.label }, search: (search) => search });
    },
    onError: (error) => showProblem(`${ticket.label} was not merged`, error),
  });
  const go = () => {
    if (merge.isPending) return;
    const body = { intoTicketId: target.id };
    const header = { "Idempotency-Key": once.keyFor([ticket.id, body]) };
    merge.mutate({ params: { path: { id: ticket.id }, header }, body });
  };
  return (
    <Modal opened onClose={onClose} title={`Merge into ${target.label}?`} closeButtonProps={{ "aria-label": "Close" }}>
      <Text size="sm">
        All messages and files of {ticket.label} “{ticket.subject}” move to {target.label} “{target.subject}”, and{" "}
        {ticket.label} is closed. This cannot be undone.
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button data-autofocus loading={merge.isPending} onClick={go}>
          Merge
        </Button>
      </Group>
    </Modal>
  );
}
