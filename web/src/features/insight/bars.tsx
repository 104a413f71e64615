import { Link, type LinkProps } from "@tanstack/react-router";
import type { Behind } from "./chart-card";
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
  /** Where the list behind a cell is. Cells are for the pointer; keys have the table behind the map. */
  to?: (weekday: number, hour: number) => Behind;
}

/** Weekdays and hours; the darker, the more. The numbers are in the table behind it. */
export function HeatMap({ rows, label, to }: HeatProps) {
  const most = Math.max(...rows.flatMap(({ hours }) => hours), 1);
  return (
    <div className={classes.heat} role={to ? "group" : "img"} aria-label={label}>
      <span />
      {Array.from({ length: 24 }, (_, hour) => (
        <span key={hour} data-odd={hour % 3 === 0 ? undefined : true}>
          {hour % 3 === 0 ? hour : ""}
        </span>
      ))}
      {rows.map(({ day, hours }, weekday) => [
        <span key={day} className={classes.heatDay}>
          {day}
        </span>,
        ...hours.map((value, hour) => {
          const cell = {
            className: classes.cell,
            style: { "--share": String(value / most) } as React.CSSProperties,
            title: `${day} ${String(hour)}:00: ${String(value)}`,
          };
          const key = `${day}${String(hour)}`;
          if (!to || value === 0) return <div key={key} {...cell} />;
          const behind = to(weekday + 1, hour) as LinkProps;
          return <Link key={key} {...behind} {...cell} aria-label={cell.title} tabIndex={-1} />;
        }),
      ])}
    </div>
  );
}
