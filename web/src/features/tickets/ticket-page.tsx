import { SegmentedControl, Skeleton } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { TicketDetail } from "~/api/client";
import { useTicket } from "~/api/queries";
import { useMayAct } from "~/api/session";
import { Failure } from "~/components/route-error";
import { Composer } from "./composer";
import { Conversation } from "./conversation";
import { TicketHeader } from "./header";
import classes from "./ticket.module.css";

interface Props {
  /** Id, number or label. */
  id: string;
  /** What stands beside the conversation. */
  side: (ticket: TicketDetail) => ReactNode;
}

/** A ticket: conversation, and beside it what helps with it. */
export function TicketPage({ id, side }: Props) {
  const { data: ticket, error, refetch } = useTicket(id);
  // On narrow screens only one of the two is shown.
  const [pane, setPane] = useState("conversation");
  const mayAct = useMayAct();
  if (!ticket) {
    return (
      <section className={classes.main} aria-label="Ticket">
        {error ? <Failure error={error} onRetry={() => void refetch()} /> : <Placeholder />}
      </section>
    );
  }
  return (
    <div className={classes.page} data-pane={pane}>
      <section className={classes.main} aria-label={`Ticket ${ticket.label}`}>
        <TicketHeader ticket={ticket} />
        <SegmentedControl
          className={classes.switch}
          aria-label="Part of the ticket"
          value={pane}
          onChange={setPane}
          data={[
            { value: "conversation", label: "Conversation" },
            { value: "side", label: "Copilot & details" },
          ]}
        />
        <div className={classes.talk}>
          <Conversation ticket={ticket} />
          {mayAct ? (
            <Composer key={ticket.id} ticket={ticket} onInsert={() => setPane("conversation")} />
          ) : (
            <p className={classes.readOnly}>Your role can read tickets, not change them.</p>
          )}
        </div>
      </section>
      <aside className={classes.side} aria-label="Copilot and details">
        {side(ticket)}
      </aside>
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
