import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Change, inPercent } from "./figures";
import classes from "./insight.module.css";

interface Props {
  label: string;
  value: string;
  /** Absent where nothing is compared. */
  change?: Change | null;
  /** Instead of how it moved. */
  about?: string;
  /** Where the numbers come from: the list behind them. */
  to?: Pick<LinkProps, "to" | "search">;
  /** Its course over the days, oldest first. */
  course?: number[];
}

/** One number, how it moved, and the way to what is behind it. */
export function Kpi({ label, value, change, about, to, course }: Props) {
  const content = (
    <>
      <span className={classes.label}>{label}</span>
      <span className={classes.value}>{value}</span>
      {course && course.length > 1 ? <Spark course={course} /> : <span />}
      <span className={classes.change} data-better={change?.better ?? undefined}>
        {about ?? inWords(change ?? null)}
      </span>
    </>
  );
  return <Frame to={to}>{content}</Frame>;
}

function Frame({ to, children }: { to: Props["to"]; children: ReactNode }) {
  if (!to) return <div className={classes.kpi}>{children}</div>;
  return (
    <Link {...(to as LinkProps)} className={classes.kpi}>
      {children}
    </Link>
  );
}

/** Above this share a change is told in times. */
const MANY = 4;

function inWords(change: Change | null): string {
  if (!change) return "Nothing to compare with";
  if (change.by === 0) return "As before";
  const arrow = change.by > 0 ? "↗" : "↘";
  // A percentage of next to nothing says nothing.
  if (change.by > MANY) return `${arrow} ${String(Math.round(change.by + 1))} times as much`;
  const how = change.better === null ? (change.by > 0 ? "more" : "less") : change.better ? "better" : "worse";
  return `${arrow} ${inPercent(Math.abs(change.by))} ${how}`;
}

function Spark({ course }: { course: number[] }) {
  const most = Math.max(...course, 1);
  const step = 72 / (course.length - 1);
  const points = course.map((value, index) => `${(index * step).toFixed(1)},${(27 - (value / most) * 26).toFixed(1)}`);
  return (
    <svg className={classes.spark} viewBox="0 0 72 28" preserveAspectRatio="none" aria-hidden>
      <polyline points={points.join(" ")} />
    </svg>
  );
}
