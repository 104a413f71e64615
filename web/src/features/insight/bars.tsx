import { Link, type LinkProps } from "@tanstack/react-router";
import classes from "./insight.module.css";

export interface Ranked {
  key: string;
  label: string;
  value: number;
  shown?: string;
  color?: string | null | undefined;
  to: Pick<LinkProps, "to" | "search" | "params">;
}

/** The largest first, each with the way to what is behind it. */
export function RankedBars({ items, label }: { items: Ranked[]; label: string }) {
  const most = Math.max(...items.map(({ value }) => value), 1);
  if (items.length === 0) return <p className={classes.none}>Nothing in these days.</p>;
  return (
    <ul className={classes.bars} aria-label={label}>
      {items.map(({ key, label: name, value, shown, color, to }) => (
        <li key={key}>
          <Link {...(to as LinkProps)} className={classes.bar}>
            <span>{name}</span>
            <b>{shown ?? value.toLocaleString("en")}</b>
            <span className={classes.track} aria-hidden>
              <span
                style={{ "--share": String(value / most), ...(color && { "--bar": color }) } as React.CSSProperties}
              />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

interface HeatProps {
  rows: { day: string; hours: number[] }[];
  label: string;
}

/** Weekdays and hours; the darker, the more. The numbers are in the table behind it. */
export function HeatMap({ rows, label }: HeatProps) {
  const most = Math.max(...rows.flatMap(({ hours }) => hours), 1);
  return (
    <div className={classes.heat} role="img" aria-label={label}>
      <span />
      {Array.from({ length: 24 }, (_, hour) => (
        <span key={hour} data-odd={hour % 3 === 0 ? undefined : true}>
          {hour % 3 === 0 ? hour : ""}
        </span>
      ))}
      {rows.map(({ day, hours }) => [
        <span key={day} className={classes.heatDay}>
          {day}
        </span>,
        ...hours.map((value, hour) => (
          <div
            key={`${day}${String(hour)}`}
            className={classes.cell}
            style={{ "--share": String(value / most) } as React.CSSProperties}
            title={`${day} ${String(hour)}:00: ${String(value)}`}
          />
        )),
      ])}
    </div>
  );
}
