import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api } from "~/api/client";
import { Dot } from "~/components/dot";
import { Age } from "~/components/time";
import { agentName } from "~/lib/agents";
import { OUTCOMES, callerOf, clock, colorOf, labelOf } from "~/lib/calls";
import classes from "./ticket.module.css";

/** Calls that a ticket came from or that were about it; each leads to the turn in which it was filed. */
export function TicketCalls({ ticketId }: { ticketId: string }) {
  const query = { ticketId: [ticketId], limit: 5 };
  const calls = useQuery(api.queryOptions("get", "/api/calls", { params: { query } })).data?.items ?? [];
  if (calls.length === 0) return null;
  return (
    <section>
      <h2 className={classes.detailsTitle}>{calls.length === 1 ? "Call" : "Calls"}</h2>
      {calls.map((call) => (
        <Link
          key={call.id}
          className={classes.call}
          to="/calls/$call"
          params={{ call: call.id }}
          search={{ turn: "ticket" }}
          aria-label={`Call of ${callerOf(call)}`}
        >
          <span className={classes.callLine}>
            <b>{callerOf(call)}</b>
            <span className={classes.callAt}>
              <Age at={call.startedAt} />
            </span>
          </span>
          {call.summary && <span className={classes.callText}>{call.summary}</span>}
          <span className={classes.callLine}>
            <Dot color={colorOf(OUTCOMES, call.aiResolution)}>{labelOf(OUTCOMES, call.aiResolution)}</Dot>
            <span className={classes.callAt}>
              {[
                call.currentAgent && agentName(call.currentAgent),
                call.durationSeconds !== null && clock(call.durationSeconds * 1_000),
              ]
                .filter(Boolean)
                .join(" · ")}
            </span>
          </span>
        </Link>
      ))}
    </section>
  );
}
