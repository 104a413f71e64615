import { Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type TicketDetail, api } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Dot } from "~/components/dot";
import classes from "./ticket.module.css";

/** Tickets that are like this one. */
export function SimilarTickets({ ticket }: { ticket: TicketDetail }) {
  const { statuses } = useLookups();
  const params = { path: { id: ticket.id } };
  const similar = api.useQuery("get", "/api/tickets/{id}/similar", { params }, { staleTime: 300_000 });
  return (
    <section>
      <h2 className={classes.detailsTitle}>Similar tickets</h2>
      {similar.isPending && <Skeleton height={60} aria-label="Loading similar tickets" />}
      {similar.data?.items.length === 0 && <p className={classes.none}>None is like this one.</p>}
      <ul className={classes.similar}>
        {similar.data?.items.map(({ id, label, subject, status, score }) => {
          const choice = statuses.find(({ key }) => key === status);
          return (
            <li key={id}>
              <Link to="/tickets/$ticket" params={{ ticket: label }} search={(search) => search}>
                {subject}
              </Link>
              <span className={classes.similarFacts}>
                {label} · <Dot color={choice?.color}>{choice?.label ?? status}</Dot> · {Math.round(score * 100)} % alike
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
