import { Link } from "@tanstack/react-router";
import { Dot } from "~/components/dot";
import { OUTCOMES, clock, colorOf, labelOf } from "~/lib/calls";
import classes from "./live-calls.module.css";
import type { CallDetail } from "./looks";

/** What became of a call that is over, and where to go from here. */
export function Outcome({ call }: { call: CallDetail }) {
  const { id, durationSeconds, aiResolution, ticket, summary } = call;
  return (
    <section className={classes.outcome} aria-label="What became of it">
      <h2>This call is over</h2>
      <p role="status" className={classes.links}>
        {durationSeconds !== null && <span>It took {clock(durationSeconds * 1_000)}</span>}
        <Dot color={colorOf(OUTCOMES, aiResolution)}>{labelOf(OUTCOMES, aiResolution)}</Dot>
      </p>
      {summary && <p>{summary}</p>}
      <p className={classes.links}>
        {ticket && (
          <Link to="/tickets/$ticket" params={{ ticket: ticket.label }}>
            Ticket {ticket.label}
          </Link>
        )}
        <Link to="/calls/$call" params={{ call: id }}>
          Page of the call
        </Link>
      </p>
    </section>
  );
}
