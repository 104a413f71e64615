import { Skeleton } from "@mantine/core";
import { type TicketDetail, api } from "~/api/client";
import { Failure } from "~/components/route-error";
import { Age } from "~/components/time";
import { type TicketEvent, wordsOf } from "./event-words";
import classes from "./ticket.module.css";
import { useNames } from "./use-names";

/** The audit trail of a ticket, the newest first. Lines are never changed or deleted. */
export function TicketActivity({ ticket }: { ticket: TicketDetail }) {
  const params = { path: { id: ticket.id } };
  const events = api.useQuery("get", "/api/tickets/{id}/events", { params });
  if (events.isError) return <Failure error={events.error} onRetry={() => void events.refetch()} />;
  if (!events.data) return <Skeleton height={180} aria-label="Loading the activity" />;
  const newest = [...events.data.items].sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.seq - a.seq);
  return (
    <ol className={classes.activity}>
      {newest.map((event) => (
        <Line key={event.id} event={event} foreign={event.ticketId !== ticket.id} />
      ))}
    </ol>
  );
}

/** Lines of a ticket that was merged into this one are marked. */
function Line({ event, foreign }: { event: TicketEvent; foreign: boolean }) {
  const names = useNames();
  return (
    <li className={classes.activityLine}>
      <p>
        <b>{event.actor?.name ?? "Patchcord"}</b> {wordsOf(event, names)}
      </p>
      <span>
        <Age at={event.createdAt} /> · line {event.seq}
        {foreign && " of a merged ticket"}
      </span>
    </li>
  );
}
