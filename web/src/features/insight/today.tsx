import { Title } from "@mantine/core";
import type { Schemas } from "~/api/client";
import { inPercent, inTime } from "./figures";
import classes from "./insight.module.css";

type Period = Schemas["PeriodFigures"];

const ROWS: [string, (period: Period) => string][] = [
  ["Opened", (one) => String(one.ticketsCreated)],
  ["Solved", (one) => String(one.ticketsResolved)],
  ["First reply after", (one) => inTime(one.meanFirstResponseSeconds)],
  ["Solved after", (one) => inTime(one.meanResolutionSeconds)],
  ["SLA kept", (one) => inPercent(one.slaCompliance)],
  ["Copilot asked", (one) => String(one.suggestions)],
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
          {ROWS.map(([label, of]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {[today, yesterday, lastWeek].map((period, index) => (
                <td key={index}>{of(period)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
