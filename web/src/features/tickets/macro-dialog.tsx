import { Button, Group, Modal, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Schemas, type TicketDetail, api } from "~/api/client";
import { useLookups, useSupportAgents } from "~/api/queries";
import { useUser } from "~/api/session";
import { Failure } from "~/components/route-error";
import { useDraft } from "~/lib/drafts";
import classes from "./composer.module.css";
import { Picker } from "./picker";

type Actions = Partial<Schemas["MacroActions"]>;

/** Chooses a macro, shows what it would write and do, and puts it into the composer. Nothing is sent here. */
export function MacroDialog({ ticket, onClose }: { ticket: TicketDetail; onClose: () => void }) {
  const macros = api.useQuery("get", "/api/macros", {}, { staleTime: 60_000 });
  const [chosen, setChosen] = useState<Schemas["MacroRow"] | null>(null);
  const items = macros.data?.items ?? [];
  if (chosen) return <Preview ticket={ticket} macro={chosen} onClose={onClose} />;
  return (
    <Picker
      opened
      title="Use a macro"
      options={items.map(({ id, name, body }) => ({ key: id, label: name, hint: body.slice(0, 32) }))}
      // Choosing leads on to the preview, in the same place.
      onClose={() => onClose()}
      keepOpen
      onPick={(key) => setChosen(items.find(({ id }) => id === key) ?? null)}
      empty={macros.isPending ? "Loading…" : "No macro fits. An administrator can write macros for everybody."}
    />
  );
}

function Preview({
  ticket,
  macro,
  onClose,
}: {
  ticket: TicketDetail;
  macro: Schemas["MacroRow"];
  onClose: () => void;
}) {
  const params = { path: { id: ticket.id, macroId: macro.id } };
  const preview = useQuery(api.queryOptions("get", "/api/tickets/{id}/macros/{macroId}", { params }));
  const { draft, change } = useDraft(useUser()?.id ?? "", ticket.id);
  const [edited, setEdited] = useState<string | null>(null);
  const does = useWords((preview.data?.actions ?? {}) as Actions);
  const text = edited ?? preview.data?.body ?? "";
  const insert = () => {
    const { isInternal = false } = (preview.data?.actions ?? {}) as Actions;
    // A note that was begun must not become part of a reply by accident, nor the other way round.
    const kept = draft.internal === isInternal ? draft.body.trim() : "";
    change({
      body: [kept, text.trim()].filter(Boolean).join("\n\n"),
      internal: isInternal,
      macro: { id: macro.id, name: macro.name, does },
    });
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Macro “${macro.name}”`} closeButtonProps={{ "aria-label": "Close" }}>
      {preview.isError && <Failure error={preview.error} onRetry={() => void preview.refetch()} />}
      {preview.data && (
        <>
          <Textarea
            data-autofocus
            label="Text"
            autosize
            minRows={4}
            maxRows={14}
            value={text}
            onChange={(event) => setEdited(event.currentTarget.value)}
          />
          {preview.data.missing.length > 0 && (
            <p className={classes.missing}>Not known here: {preview.data.missing.join(", ")}. Fill it in by hand.</p>
          )}
          {does.length > 0 && <p className={classes.does}>When you send it: {does.join(", ")}.</p>}
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button onClick={insert}>Insert</Button>
          </Group>
        </>
      )}
    </Modal>
  );
}

/** What a macro does beside writing, in words. */
function useWords({ status, priority, assigneeId, tags, isInternal }: Actions): string[] {
  const { statuses, priorities } = useLookups();
  const agents = useSupportAgents();
  const label = (all: { key: string; label: string }[], key: string) =>
    all.find((one) => one.key === key)?.label ?? key;
  const words: string[] = [];
  if (isInternal) words.push("internal note");
  if (status) words.push(`status ${label(statuses, status)}`);
  if (priority) words.push(`priority ${label(priorities, priority)}`);
  if (assigneeId === "me") words.push("assigned to you");
  else if (assigneeId) words.push(`assigned to ${agents.find(({ id }) => id === assigneeId)?.name ?? "somebody"}`);
  if (tags && tags.length > 0) words.push(`tagged ${tags.join(", ")}`);
  return words;
}
