import { Title } from "@mantine/core";
import type { Schemas } from "~/api/client";
import { type Behind, Way } from "./chart-card";
import { inPercent, inTime } from "./figures";
import classes from "./insight.module.css";

type Period = Schemas["PeriodFigures"];

const created = ({ from, to }: Period): Behind => ({ to: "/tickets", search: { createdFrom: from, createdTo: to } });
const solved = ({ from, to }: Period): Behind => ({ to: "/tickets", search: { resolvedFrom: from, resolvedTo: to } });
const answered = ({ from, to }: Period): Behind => ({
  to: "/tickets",
  search: { firstRespondedFrom: from, firstRespondedTo: to },
});
const asked = ({ from, to }: Period): Behind => ({
  to: "/tickets",
  search: { copilot: "accepted,edited,rejected,unjudged", copilotFrom: from, copilotTo: to },
});

interface Row {
  label: string;
  shown: (period: Period) => string;
  /** How many there are in the list behind it. */
  count?: (period: Period) => number;
  to?: (period: Period) => Behind;
}

const ROWS: Row[] = [
  { label: "Opened", shown: (one) => String(one.ticketsCreated), count: (one) => one.ticketsCreated, to: created },
  { label: "Solved", shown: (one) => String(one.ticketsResolved), count: (one) => one.ticketsResolved, to: solved },
  {
    label: "First reply after",
    shown: (one) => inTime(one.meanFirstResponseSeconds),
    count: (one) => one.firstResponses,
    to: answered,
  },
  {
    label: "Solved after",
    shown: (one) => inTime(one.meanResolutionSeconds),
    count: (one) => one.ticketsResolved,
    to: solved,
  },
  {
    label: "SLA kept",
    shown: (one) => inPercent(one.slaCompliance),
    count: (one) => one.slaMet + one.slaMissed,
    to: solved,
  },
  { label: "Copilot asked", shown: (one) => String(one.suggestions), count: (one) => one.suggestions, to: asked },
];

/** Today so far, beside yesterday and the same weekday of last week up to the same time. */
export function Today({ overview }: { overview: Schemas["OverviewRow"] }) {
  const { today, yesterday, lastWeek } = overview;
  return (
    <section className={`${classes.card ?? ""} ${classes.third ?? ""}`} aria-label="Today so far">
      <div className={classes.head}>
        <Title order={2}>Today so far</Title>
        <span className={classes.hint}>each up to this time</span>
      </div>
      <table className={classes.plain}>
        <thead>
          <tr>
            <td />
            <th scope="col">Today</th>
            <th scope="col">Yesterday</th>
            <th scope="col">Last week</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map(({ label, shown, count, to }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {[today, yesterday, lastWeek].map((period, index) => (
                <td key={index}>
                  <Way to={count && count(period) > 0 ? to?.(period) : undefined}>{shown(period)}</Way>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
