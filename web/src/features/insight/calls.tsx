import { Skeleton, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";
import { type Schemas, api } from "~/api/client";
import { Failure } from "~/components/route-error";
import { TableSkeleton } from "~/components/table";
import { agentName } from "~/lib/agents";
import { MOODS, OUTCOMES } from "~/lib/calls";
import { RankedBars } from "./bars";
import { ChartCard } from "./chart-card";
import { type Bucket, changeOf, each, grouped, inDollars, inPercent, inTime, share, sumsOf } from "./figures";
import { Hours } from "./hours";
import classes from "./insight.module.css";
import { Kpi } from "./kpi";

const Lines = lazy(async () => ({ default: (await import("./charts")).Lines }));
const Bars = lazy(async () => ({ default: (await import("./charts")).Bars }));

/** The most days that the server counts calls of. */
const DAYS_MAX = 100;
/** Most bars that are drawn beside each other. */
const BARS_MAX = 16;

type Day = Schemas["CallDayRow"];
type Count = "resolved" | "ticketed" | "escalated" | "abandoned" | "unknown" | "positive" | "neutral" | "negative";

const BY_OUTCOME: [Count, string][] = [
  ["resolved", "RESOLVED"],
  ["ticketed", "TICKETED"],
  ["escalated", "ESCALATED"],
  ["abandoned", "ABANDONED"],
  ["unknown", "UNKNOWN"],
];
const COLORS: Record<string, string> = {
  RESOLVED: "var(--desk-good)",
  TICKETED: "var(--desk-accent)",
  ESCALATED: "var(--desk-wait)",
  ABANDONED: "var(--desk-late)",
  UNKNOWN: "var(--desk-third)",
  positive: "var(--desk-good)",
  neutral: "var(--desk-third)",
  negative: "var(--desk-wait)",
};

const sum = (days: Day[], key: Count | "calls" | "modelCostUsd") => days.reduce((total, one) => total + one[key], 0);
const labelIn = (all: typeof OUTCOMES, key: string) => all.find((one) => one.key === key)?.label ?? key;

interface Props {
  now: Bucket[];
  before: Bucket[];
  timezone: string;
}

/** How the telephone does: what became of calls, when they come, how callers feel, what they cost, which agents spoke. */
export function Calls({ now: all, before, timezone }: Props) {
  const now = all.slice(-DAYS_MAX);
  const [from, to] = [now[0]?.from ?? "", now.at(-1)?.to ?? ""];
  const { data, error, refetch } = useQuery({
    ...api.queryOptions("get", "/api/dashboard/calls", { params: { query: { from, to } } }),
    enabled: from !== "",
    placeholderData: keepPreviousData,
  });
  const [sums, past] = [sumsOf(all), sumsOf(before)];
  const whole = { dateFrom: all[0]?.from ?? from, dateTo: to };
  const answered = (of: typeof sums) => share(of.answered, of.calls);
  const solved = (of: typeof sums) => share(of.resolvedByAi, of.answered);
  const handed = (of: typeof sums) => share(of.escalated, of.calls);
  const length = (of: typeof sums) => each(of.callSeconds, of.answered);
  const perTicket = (of: typeof sums) => each(of.costUsd, of.created);
  const days = data?.days ?? [];
  const spoken = each(sum(days, "modelCostUsd") + sumsOf(now).telephonyUsd, sum(days, "calls"));
  return (
    <section aria-labelledby="insight-calls">
      <Title order={2} id="insight-calls" className={classes.divider}>
        Calls
      </Title>
      <div className={classes.cards}>
        <Kpi
          label="Calls"
          value={sums.calls.toLocaleString("en")}
          change={changeOf(sums.calls, past.calls, null)}
          course={all.map((one) => one.calls)}
          to={{ to: "/calls", search: whole }}
        />
        <Kpi
          label="Answered"
          value={inPercent(answered(sums))}
          change={changeOf(answered(sums), answered(past), "more")}
          course={all.map((one) => one.answerRate ?? 0)}
          to={{ to: "/calls", search: whole }}
        />
        <Kpi
          label="Solved by AI"
          value={inPercent(solved(sums))}
          change={changeOf(solved(sums), solved(past), "more")}
          course={all.map((one) => one.aiResolutionRate ?? 0)}
          to={{ to: "/calls", search: { ...whole, resolution: "RESOLVED" } }}
        />
        <Kpi
          label="Handed to a person"
          value={inPercent(handed(sums))}
          change={changeOf(handed(sums), handed(past), "less")}
          course={all.map((one) => one.escalated)}
          to={{ to: "/calls", search: { ...whole, wasEscalated: "true" } }}
        />
        <Kpi
          label="A call lasts"
          value={inTime(length(sums))}
          change={changeOf(length(sums), length(past), null)}
          course={all.map((one) => one.meanHandleSeconds ?? 0)}
          to={{ to: "/calls", search: whole }}
        />
        <Kpi
          label="Cost of a call"
          value={data ? inDollars(spoken) : "…"}
          about="Models while it lasts, and telephony"
          to={{ to: "/calls", search: whole }}
        />
        <Kpi
          label="Cost of a ticket"
          value={inDollars(perTicket(sums))}
          change={changeOf(perTicket(sums), perTicket(past), "less")}
          course={all.map((one) => each(one.aiCostUsd + one.telephonyCostUsd, one.ticketsCreated) ?? 0)}
          to={{ to: "/tickets", search: { createdFrom: whole.dateFrom, createdTo: to } }}
        />
      </div>
      <div className={classes.grid}>
        <Hours
          now={now}
          timezone={timezone}
          title="When people call"
          label="Calls by weekday and hour"
          of={(one) => one.calls}
          to={({ weekday, hour, from: dateFrom, to: dateTo }) => ({
            to: "/calls",
            search: { weekday, hour, timezone, dateFrom, dateTo },
          })}
        />
        {error && !data ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : data ? (
          <Counted days={data.days} agents={data.agents} now={now} span={{ dateFrom: from, dateTo: to }} />
        ) : (
          <TableSkeleton label="calls" rows={4} />
        )}
      </div>
    </section>
  );
}

interface CountedProps {
  days: Day[];
  agents: Schemas["VoiceAgentRow"][];
  now: Bucket[];
  span: { dateFrom: string; dateTo: string };
}

function Counted({ days, agents, now, span }: CountedProps) {
  const groups = grouped(days, BARS_MAX);
  const size = groups.at(-1)?.buckets.length ?? 1;
  const perGroup = size > 1 ? `per ${String(size)} days` : "per day";
  const costs = groups.map(({ label, buckets }) => {
    const in_ = (one: Bucket) => buckets.some(({ day }) => day === one.day);
    const sums = sumsOf(now.filter(in_));
    return {
      label,
      call: each(sum(buckets, "modelCostUsd") + sums.telephonyUsd, sum(buckets, "calls")),
      ticket: each(sums.costUsd, sums.created),
    };
  });
  const spanOf = (row: number) => {
    const part = groups[row]?.buckets ?? [];
    return { from: part[0]?.from ?? span.dateFrom, to: part.at(-1)?.to ?? span.dateTo };
  };
  return (
    <>
      <ChartCard
        size="third"
        title="What became of calls"
        columns={["Outcome", "Calls"]}
        rows={BY_OUTCOME.map(([key, outcome]) => [labelIn(OUTCOMES, outcome), sum(days, key)])}
        links={(row) => ({ to: "/calls", search: { ...span, resolution: BY_OUTCOME[row]?.[1] } })}
      >
        <RankedBars
          label="Calls by what became of them"
          items={BY_OUTCOME.map(([key, outcome]) => ({
            key,
            label: labelIn(OUTCOMES, outcome),
            color: COLORS[outcome],
            value: sum(days, key),
            to: { to: "/calls", search: { ...span, resolution: outcome } },
          }))}
        />
      </ChartCard>
      <Stacked
        title="Outcome of calls over time"
        label="Calls by what became of them, over time"
        hint={perGroup}
        groups={groups}
        parts={BY_OUTCOME.map(([count, key]) => ({ count, key, label: labelIn(OUTCOMES, key) }))}
        searchOf={(key) => ({ resolution: key })}
        spanOf={spanOf}
      />
      <Stacked
        title="How content callers are"
        label="Calls by the mood of the caller, over time"
        hint={perGroup}
        groups={groups}
        parts={MOODS.map(({ key, label }) => ({ count: key as Count, key, label }))}
        searchOf={(key) => ({ sentiment: key })}
        spanOf={spanOf}
      />
      <ChartCard
        size="half"
        title="Cost of a call and of a ticket"
        hint={perGroup}
        columns={["From", "A call, $", "A ticket, $"]}
        rows={costs.map((one) => [one.label, one.call, one.ticket])}
        format={(value) => inDollars(value)}
        links={(row, column) => {
          const { from, to } = spanOf(row);
          return column === 1
            ? { to: "/calls", search: { dateFrom: from, dateTo: to } }
            : { to: "/tickets", search: { createdFrom: from, createdTo: to } };
        }}
      >
        <Suspense fallback={<Skeleton className={classes.chart} aria-label="Loading the chart" />}>
          <Lines
            label="What a call and a ticket cost, over time"
            data={costs.map((one) => ({ day: one.label, "A call": one.call, "A ticket": one.ticket }))}
            format={(value) => inDollars(value)}
            series={[
              { name: "A call", color: "var(--desk-accent)" },
              { name: "A ticket", color: "var(--desk-good)" },
            ]}
          />
        </Suspense>
      </ChartCard>
      <VoiceAgents agents={agents} span={span} />
    </>
  );
}

interface StackedProps {
  title: string;
  label: string;
  hint: string;
  groups: { label: string; buckets: Day[] }[];
  parts: { count: Count; key: string; label: string }[];
  searchOf: (key: string) => object;
  spanOf: (row: number) => { from: string; to: string };
}

/** Parts of the calls over time; each number leads to its calls. */
function Stacked({ title, label, hint, groups, parts, searchOf, spanOf }: StackedProps) {
  const data = groups.map(({ label: day, buckets }) => ({
    day,
    ...Object.fromEntries(parts.map((part) => [part.label, sum(buckets, part.count)])),
  }));
  return (
    <ChartCard
      size="half"
      title={title}
      hint={hint}
      columns={["From", ...parts.map((part) => part.label)]}
      rows={groups.map(({ label: day, buckets }) => [day, ...parts.map((part) => sum(buckets, part.count))])}
      links={(row, column) => {
        const { from, to } = spanOf(row);
        return { to: "/calls", search: { dateFrom: from, dateTo: to, ...searchOf(parts[column - 1]?.key ?? "") } };
      }}
    >
      <Suspense fallback={<Skeleton className={classes.chart} aria-label="Loading the chart" />}>
        <Bars
          label={label}
          data={data}
          series={parts.map((part) => ({ name: part.label, color: COLORS[part.key] ?? "var(--desk-third)" }))}
        />
      </Suspense>
    </ChartCard>
  );
}

const COLUMNS = ["Agent", "Calls", "Solved by AI", "To a person", "A stay lasts", "Turns of a stay", "Handed on"];

/** What each voice agent did. */
function VoiceAgents({ agents, span }: Pick<CountedProps, "agents" | "span">) {
  return (
    <ChartCard
      size="half"
      title="Voice agents"
      hint="who had most calls is first"
      columns={COLUMNS}
      rows={agents.map((one) => [
        agentName(one.agent),
        one.calls,
        one.resolved,
        one.escalated,
        Math.round(one.meanSeconds),
        Math.round((one.turns / one.stays) * 10) / 10,
        one.handedOff,
      ])}
      format={(value, column) => (column === 4 ? inTime(value) : value.toLocaleString("en"))}
      links={(row, column) => {
        const search = { ...span, agent: agents[row]?.agent };
        if (column === 1 || column === 4 || column === 5) return { to: "/calls", search };
        if (column === 2) return { to: "/calls", search: { ...search, resolution: "RESOLVED" } };
        if (column === 3) return { to: "/calls", search: { ...search, wasEscalated: "true" } };
        return { to: "/calls", search: { ...span, handedOnBy: agents[row]?.agent } };
      }}
    >
      <RankedBars
        label="Calls by voice agent"
        items={agents.slice(0, 8).map((one) => ({
          key: one.agent,
          label: `${agentName(one.agent)} · ${inTime(one.meanSeconds)} each`,
          value: one.calls,
          to: { to: "/calls", search: { ...span, agent: one.agent } },
        }))}
      />
    </ChartCard>
  );
}
