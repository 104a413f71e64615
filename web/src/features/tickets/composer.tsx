import { Button, SegmentedControl, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Sparkles } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { type TicketDetail, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { ticketQuery } from "~/api/queries";
import { useUser } from "~/api/session";
import { showProblem } from "~/components/toast";
import { type Draft, useDraft } from "~/lib/drafts";
import { useOnceKey } from "~/lib/once";
import { useShortcuts } from "~/lib/shortcuts";
import classes from "./composer.module.css";

/** Characters that the server takes. */
const LONGEST = 10_000;

interface Props {
  ticket: TicketDetail;
  /** A draft of the copilot came in: the composer should be in sight. */
  onInsert?: () => void;
}

/** Writes replies and internal notes. What is written stays with the ticket until it is sent. */
export function Composer({ ticket, onInsert }: Props) {
  const userId = useUser()?.id ?? "";
  const { draft, change, clear } = useDraft(userId, ticket.id);
  const field = useRef<HTMLTextAreaElement>(null);
  const { send, sending, problem } = useSend(ticket, clear);
  useShortcuts({ r: () => field.current?.focus() });
  useOnInserted(draft, () => {
    onInsert?.();
    field.current?.focus();
  });

  const body = draft.body.trim();
  const tooLong = body.length > LONGEST;
  const ready = body !== "" && !tooLong && !sending;
  const submit = () => {
    if (ready) void send({ ...draft, body });
  };
  return (
    <form
      className={classes.composer}
      data-internal={draft.internal || undefined}
      aria-label={draft.internal ? "Internal note" : "Reply"}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className={classes.top}>
        <SegmentedControl
          size="xs"
          aria-label="Kind of message"
          value={draft.internal ? "note" : "reply"}
          onChange={(value) => change({ internal: value === "note" })}
          data={[
            { value: "reply", label: "Public reply" },
            { value: "note", label: "Internal note" },
          ]}
        />
        <span className={classes.to}>
          {draft.internal ? "Only your team sees this" : `To ${ticket.contact?.name ?? "nobody yet"}`}
        </span>
      </div>
      <Textarea
        ref={field}
        variant="unstyled"
        classNames={{ input: classes.field }}
        autosize
        minRows={2}
        maxRows={12}
        aria-label={draft.internal ? "Text of the note" : "Text of the reply"}
        placeholder={draft.internal ? "Write a note for your team…" : "Write a reply…  R"}
        value={draft.body}
        error={tooLong ? `At most ${LONGEST.toLocaleString("en")} characters` : problem?.byField().body}
        onChange={(event) => change({ body: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          submit();
        }}
      />
      <div className={classes.bottom}>
        {draft.source && body !== "" && !draft.internal ? (
          <span className={classes.ai}>
            <Sparkles size={13} aria-hidden /> AI draft · review before sending
          </span>
        ) : (
          <span className={classes.hint}>
            {draft.internal ? "Kept on the ticket." : "Kept on the ticket; Patchcord sends no e-mail itself."}
          </span>
        )}
        <Button type="submit" className={classes.send} disabled={!ready} loading={sending} title="Ctrl+Enter">
          {draft.internal ? "Add note" : "Send reply"}
        </Button>
      </div>
    </form>
  );
}

/** Sends a message once, however often it is asked to. */
function useSend(ticket: TicketDetail, clear: () => void) {
  const queries = useQueryClient();
  const once = useOnceKey();
  const underWay = useRef(false);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function send({ body, internal, source }: Draft) {
    // State would come a render too late for the second half of a double click.
    if (underWay.current) return;
    underWay.current = true;
    setSending(true);
    setProblem(null);
    const message = { body, isInternal: internal, suggestionId: internal ? undefined : source?.suggestionId };
    try {
      const { data: added } = await client.POST("/api/tickets/{id}/messages", {
        params: { path: { id: ticket.id }, header: { "Idempotency-Key": once.keyFor(message) } },
        body: message,
      });
      once.done();
      clear();
      const { queryKey } = ticketQuery(ticket.label);
      queries.setQueryData<TicketDetail>(queryKey, (now) =>
        now && added && !now.messages.some(({ id }) => id === added.id)
          ? { ...now, messages: [...now.messages, added] }
          : now,
      );
      void queries.invalidateQueries({ queryKey });
      void queries.invalidateQueries({ queryKey: ["get", "/api/tickets"] });
      if (source && !internal) void tellWhatBecameOf(source, body);
    } catch (error) {
      const refused = Problem.of(error);
      setProblem(refused);
      if (!refused.byField().body) showProblem("The message was not sent", refused);
    } finally {
      underWay.current = false;
      setSending(false);
    }
  }
  return { send, sending, problem };
}

/** Drafts are measured by what was really sent. It must not bother anybody when that is not recorded. */
async function tellWhatBecameOf(source: NonNullable<Draft["source"]>, sent: string): Promise<void> {
  const accepted = source.text.trim() === sent;
  await client
    .POST("/api/copilot/v1/feedback/{id}", {
      params: { path: { id: source.suggestionId } },
      body: accepted ? { verdict: "accepted" } : { verdict: "edited", finalText: sent },
    })
    .catch(() => undefined);
}

/** Calls back when a draft of the copilot was put in. */
function useOnInserted({ source }: Draft, callback: () => void): void {
  const inserted = useEffectEvent(callback);
  const last = useRef(source);
  useEffect(() => {
    if (source && source !== last.current) inserted();
    last.current = source;
  }, [source]);
}
