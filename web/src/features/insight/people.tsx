import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api } from "~/api/client";
import { Failure } from "~/components/route-error";
import { TableSkeleton } from "~/components/table";
import { MOODS } from "~/lib/calls";
import { RankedBars } from "./bars";
import { type Behind, ChartCard } from "./chart-card";
import { inPercent, inTime, share } from "./figures";
import classes from "./insight.module.css";
import { OPEN } from "./search";

const COLUMNS = ["Name", "Solved", "Replies", "First reply after", "Solved after", "Copilot used", "Open now"];

interface PeopleProps {
  /** The days, as the server counts them. */
  from: string;
  to: string;
  /** The same as moments, as the list of tickets takes them. */
  start: string;
  end: string;
}

/** What everybody did in the days that are looked at. */
export function AgentFigures({ from, to, start, end }: PeopleProps) {
  const { data, error, refetch } = useQuery({
    ...api.queryOptions("get", "/api/dashboard/agents", { params: { query: { from, to } } }),
    enabled: from !== "",
    placeholderData: keepPreviousData,
  });
  const people = data?.items ?? [];
  const used = (one: (typeof people)[number]) => {
    const taken = one.suggestionsAccepted + one.suggestionsEdited;
    return share(taken, taken + one.suggestionsRejected);
  };
  /** Tickets are listed by whom they are assigned to: without a support agent there is no such list. */
  const solvedBy = (one: (typeof people)[number] | undefined): Behind | undefined =>
    one?.supportAgent
      ? { to: "/tickets", search: { assigneeId: one.supportAgent.id, resolvedFrom: start, resolvedTo: end } }
      : undefined;
  return (
    <ChartCard
      size="wide"
      title="People"
      hint="who solved most is first"
      columns={COLUMNS}
      rows={people.map((one) => [
        one.name,
        one.solved,
        one.replies,
        one.meanFirstResponseSeconds,
        one.meanResolutionSeconds,
        used(one),
        one.openNow,
      ])}
      format={(value, column) => {
        if (column === 3 || column === 4) return inTime(value);
        return column === 5 ? inPercent(value) : value.toLocaleString("en");
      }}
      links={(row, column) => {
        const { supportAgent, user } = people[row] ?? {};
        if (column === 1 || column === 4) return solvedBy(people[row]);
        if (column === 2) {
          const repliedById = supportAgent?.id ?? user?.id;
          return { to: "/tickets", search: { repliedById, repliedFrom: start, repliedTo: end } };
        }
        if (column === 5) {
          const asked = { copilotById: user?.id, copilotFrom: start, copilotTo: end };
          return { to: "/tickets", search: { copilot: "accepted,edited", ...asked } };
        }
        const assigneeId = supportAgent?.id;
        if (!assigneeId) return undefined;
        const firstResponded = { firstRespondedFrom: start, firstRespondedTo: end };
        if (column === 3) return { to: "/tickets", search: { assigneeId, ...firstResponded } };
        return column === 6 ? { to: "/tickets", search: { assigneeId, status: OPEN } } : undefined;
      }}
    >
      {error && !data ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <TableSkeleton label="people" rows={4} />
      ) : people.length === 0 ? (
        <p className={classes.none}>Nobody did anything in these days.</p>
      ) : (
        <RankedBars
          label="Tickets solved, by who solved them"
          items={people.slice(0, 8).map((one, index) => ({
            key: one.supportAgent?.id ?? one.user?.id ?? String(index),
            label: `${one.name} · ${String(one.replies)} replies · first reply after ${inTime(one.meanFirstResponseSeconds)}`,
            value: one.solved,
            to: solvedBy(one),
          }))}
        />
      )}
    </ChartCard>
  );
}

/** Who writes most, of all time. */
export function Customers() {
  const { data, error, refetch } = useQuery(
    api.queryOptions("get", "/api/dashboard/customers", { params: { query: { limit: 8 } } }),
  );
  const items = data?.items ?? [];
  return (
    <ChartCard
      size="third"
      title="Customers"
      hint="tickets of all time"
      columns={["Name", "Tickets", "Open", "Calls", "Mood, -1 to 1"]}
      rows={items.map((one) => [one.name, one.tickets, one.openTickets, one.calls, one.averageSentiment])}
      format={(value, column) => (column === 4 ? value.toFixed(2) : value.toLocaleString("en"))}
      links={(row, column) => {
        const organizationId = items[row]?.id;
        if (column === 1) return { to: "/tickets", search: { organizationId } };
        if (column === 2) return { to: "/tickets", search: { organizationId, status: OPEN } };
        if (column === 3) return { to: "/calls", search: { organizationId } };
        return { to: "/tickets", search: { organizationId, sentiment: MOODS.map(({ key }) => key).join(",") } };
      }}
    >
      {error && !data ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <TableSkeleton label="customers" rows={4} />
      ) : (
        <>
          <RankedBars
            label="Tickets by customer"
            items={items.map(({ id, name, tickets }) => ({
              key: id,
              label: name,
              value: tickets,
              to: { to: "/tickets", search: { organizationId: id } },
            }))}
          />
          {items.length > 0 && (
            <p className={classes.hint}>
              <Link to="/organizations" className={classes.link}>
                All organizations
              </Link>
            </p>
          )}
        </>
      )}
    </ChartCard>
  );
}
