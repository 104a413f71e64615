import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Behind } from "./chart-card";
import classes from "./insight.module.css";

export interface Ranked {
  key: string;
  label: string;
  value: number;
  shown?: string;
  color?: string | null | undefined;
  /** Absent where no list is exactly what was counted. */
  to?: Pick<LinkProps, "to" | "search" | "params"> | undefined;
}

/** The largest first, each with the way to what is behind it. */
export function RankedBars({ items, label }: { items: Ranked[]; label: string }) {
  const most = Math.max(...items.map(({ value }) => value), 1);
  if (items.length === 0) return <p className={classes.none}>Nothing in these days.</p>;
  return (
    <ul className={classes.bars} aria-label={label}>
      {items.map(({ key, label: name, value, shown, color, to }) => (
        <li key={key}>
          <Bar to={to}>
            <span>{name}</span>
            <b>{shown ?? value.toLocaleString("en")}</b>
            <span className={classes.track} aria-hidden>
              <span
                style={{ "--share": String(value / most), ...(color && { "--bar": color }) } as React.CSSProperties}
              />
            </span>
          </Bar>
        </li>
      ))}
    </ul>
  );
}

function Bar({ to, children }: { to: Ranked["to"]; children: ReactNode }) {
  if (!to) return <span className={classes.bar}>{children}</span>;
  return (
    <Link {...(to as LinkProps)} className={classes.bar}>
      {children}
    </Link>
  );
}

interface HeatProps {
  rows: { day: string; hours: number[] }[];
  label: string;
  /** Where the list behind a cell is, if there is one. Cells are for the pointer; keys have the table behind the map. */
  to?: (weekday: number, hour: number) => Behind | undefined;
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
          const behind = value > 0 ? to?.(weekday + 1, hour) : undefined;
          if (!behind) return <div key={key} {...cell} />;
          return <Link key={key} {...(behind as LinkProps)} {...cell} aria-label={cell.title} tabIndex={-1} />;
        }),
      ])}
    </div>
  );
}
