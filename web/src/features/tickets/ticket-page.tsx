import { Skeleton } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import type { TicketDetail } from "~/api/client";
import { ticketQuery } from "~/api/queries";
import { useMayAct } from "~/api/session";
import { type Pane, RecordComing, RecordPage } from "~/components/record-page";
import frame from "~/components/record-page.module.css";
import { usePresence } from "~/live/presence";
import { Composer } from "./composer";
import { Conversation } from "./conversation";
import { DropZone } from "./drop-zone";
import { EscalationBar } from "./escalation-bar";
import { useFiles } from "./files";
import { TicketHeader } from "./header";
import { lineOf, outlineOf } from "./lines";
import classes from "./ticket.module.css";
import { knownRow, ticketList } from "./use-ticket-list";

interface Props {
  /** Id, number or label. */
  id: string;
  /** What stands beside the conversation. */
  side: (ticket: TicketDetail) => ReactNode;
}

/** A ticket: conversation, and beside it what helps with it. */
export function TicketPage({ id, side }: Props) {
  const queries = useQueryClient();
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...ticketQuery(id),
    // What the list knows is shown at once.
    placeholderData: () => {
      const row = knownRow(queries, id);
      return row && outlineOf(row);
    },
  });
  useEffect(() => {
    // The list shows the ticket as it was just loaded.
    if (!data || isPlaceholderData) return;
    const line = lineOf(data);
    ticketList.patch(queries, (row) => (row.id === line.id && row.updatedAt !== line.updatedAt ? line : row));
  }, [data, isPlaceholderData, queries]);
  if (!data) {
    return (
      <RecordComing label="Ticket" error={error} onRetry={() => void refetch()}>
        <Placeholder />
      </RecordComing>
    );
  }
  return <Loaded ticket={data} outline={isPlaceholderData} side={side} />;
}

interface LoadedProps {
  ticket: TicketDetail;
  /** Whether only what the list knows is there yet. */
  outline: boolean;
  side: (ticket: TicketDetail) => ReactNode;
}

function Loaded({ ticket, outline, side }: LoadedProps) {
  // On narrow screens only one of the two is shown.
  const [pane, setPane] = useState<Pane>("talk");
  const mayAct = useMayAct();
  return (
    <RecordPage
      label={`Ticket ${ticket.label}`}
      switchLabel="Part of the ticket"
      names={{ talk: "Conversation", side: "Copilot & details" }}
      pane={pane}
      onPane={setPane}
      header={
        <>
          <TicketHeader ticket={ticket} />
          <EscalationBar ticket={ticket} />
        </>
      }
      side={side(ticket)}
      sideLabel="Copilot and details"
    >
      {mayAct ? (
        <Talk ticket={ticket} outline={outline} onCompose={() => setPane("talk")} />
      ) : (
        <div className={frame.talk}>
          <Watching ticketId={ticket.id} />
          {outline ? <MessagesPlaceholder /> : <Conversation ticket={ticket} />}
          <p className={classes.readOnly}>Your role can read tickets, not change them.</p>
        </div>
      )}
    </RecordPage>
  );
}

interface TalkProps {
  ticket: TicketDetail;
  outline: boolean;
  onCompose: () => void;
}

/** The conversation and the composer; files may be dropped anywhere on it. */
function Talk({ ticket, outline, onCompose }: TalkProps) {
  const files = useFiles(ticket.id);
  return (
    <DropZone className={frame.talk} onFiles={files.add}>
      {outline ? <MessagesPlaceholder /> : <Conversation ticket={ticket} />}
      <Composer key={ticket.id} ticket={ticket} files={files} onInsert={onCompose} />
    </DropZone>
  );
}

function Watching({ ticketId }: { ticketId: string }) {
  usePresence(ticketId, false);
  return null;
}

function MessagesPlaceholder() {
  return (
    <div className={classes.scroll} role="status" aria-label="Loading the messages">
      <div className={classes.placeholder}>
        <Skeleton height={96} radius="lg" />
        <Skeleton height={72} radius="lg" />
        <Skeleton height={120} radius="lg" />
      </div>
    </div>
  );
}

function Placeholder() {
  return (
    <div className={classes.placeholder} role="status" aria-label="Loading the ticket">
      <Skeleton height={12} width={180} />
      <Skeleton height={16} width="55%" />
      <Skeleton height={96} radius="lg" mt={16} />
      <Skeleton height={72} radius="lg" />
      <Skeleton height={120} radius="lg" />
    </div>
  );
}
