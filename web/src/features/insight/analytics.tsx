import { Group, SegmentedControl, Select, Skeleton, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { type Schemas, api } from "~/api/client";
import { useLookups } from "~/api/queries";
import { useIsAdmin } from "~/api/session";
import { Page } from "~/components/page";
import { Failure } from "~/components/route-error";
import { MOODS } from "~/lib/calls";
import { RankedBars } from "./bars";
import { Calls } from "./calls";
import { ChartCard } from "./chart-card";
import { type Bucket, changeOf, dayAfter, dayOf, grouped, inPercent, inTime, share, sumsOf } from "./figures";
import { Hours } from "./hours";
import classes from "./insight.module.css";
import { Kpi } from "./kpi";
import { AgentFigures, Customers } from "./people";
import { type InsightSearch, OPEN, RANGES, spanOf } from "./search";
import { Today } from "./today";

const Lines = lazy(async () => ({ default: (await import("./charts")).Lines }));
const Bars = lazy(async () => ({ default: (await import("./charts")).Bars }));

const dollars = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 2 });

interface Props {
  search: InsightSearch;
  onSearch: (search: InsightSearch) => void;
}

/** How the desk does: the numbers, how they moved, and the way from each to what is behind it. */
export function Analytics({ search, onSearch }: Props) {
  const [now] = useState(() => Date.now());
  const { days, query } = spanOf(search, now);
  const metrics = useQuery(
    api.queryOptions(
      "get",
      "/api/dashboard/metrics",
      { params: { query: { granularity: "day", ...query } } },
      { placeholderData: keepPreviousData },
    ),
  );
  const overview = useQuery(api.queryOptions("get", "/api/dashboard/overview"));
  const buckets = metrics.data?.items ?? [];
  return (
    <Page
      title="Analytics"
      about={
        metrics.data
          ? `Compared with the ${String(days)} days before. Days are those of ${metrics.data.timezone.replace(/_/g, " ")}.`
          : "How the desk does, and how that moved."
      }
      actions={
        <RangePicker
          search={search}
          onSearch={onSearch}
          shown={buckets.slice(-days)}
          timezone={metrics.data?.timezone}
        />
      }
    >
      {metrics.error && !metrics.data ? (
        <Failure error={metrics.error} onRetry={() => void metrics.refetch()} />
      ) : metrics.data ? (
        <Figures
          now={buckets.slice(-days)}
          before={buckets.slice(-2 * days, -days)}
          timezone={search.zone ?? metrics.data.timezone}
          overview={overview.data}
        />
      ) : (
        <Shape />
      )}
    </Page>
  );
}

interface PickerProps extends Props {
  shown: Bucket[];
  /** The workspace's; not known before the figures are there. */
  timezone: string | undefined;
}

function RangePicker({ search, onSearch, shown, timezone }: PickerProps) {
  const custom = search.from !== undefined;
  const [first, last] = [shown[0]?.day ?? "", shown.at(-1)?.day ?? ""];
  const zoned = search.zone === undefined ? {} : { zone: search.zone };
  const set = (part: { from?: string; to?: string }) => {
    const next = { ...zoned, from: search.from ?? first, to: search.to ?? last, ...part };
    if (next.from && next.to && next.from <= next.to) onSearch(next);
  };
  return (
    <Group gap="xs">
      <Select
        size="xs"
        className={classes.zone}
        aria-label="Time zone of hours"
        searchable
        allowDeselect={false}
        limit={40}
        data={zonesOf(timezone, search.zone)}
        value={search.zone ?? timezone ?? null}
        onChange={(zone) => {
          const { zone: before, ...rest } = search;
          if (zone && zone !== before) onSearch(zone === timezone ? rest : { ...rest, zone });
        }}
      />
      {custom && (
        <>
          <TextInput
            type="date"
            size="xs"
            aria-label="First day"
            value={search.from ?? ""}
            onChange={(event) => set({ from: event.currentTarget.value })}
          />
          <TextInput
            type="date"
            size="xs"
            aria-label="Last day"
            value={search.to ?? ""}
            onChange={(event) => set({ to: event.currentTarget.value })}
          />
        </>
      )}
      <SegmentedControl
        aria-label="Span"
        size="xs"
        value={custom ? "custom" : (search.range ?? "30")}
        onChange={(range) => {
          if (range === "custom") set({});
          else onSearch({ ...zoned, range: RANGES.find((one) => one === range) });
        }}
        data={[
          ...RANGES.map((range) => ({ value: range, label: `${range} days` })),
          { value: "custom", label: "Days…" },
        ]}
      />
    </Group>
  );
}

/** What became of the copilot's suggestions, in the order of the columns. */
const VERDICTS = ["accepted", "edited", "rejected", "unjudged"];

/** The tickets in which that became of a suggestion that was asked for in the span. */
function judged(copilot: string | undefined, { from, to }: { from: string; to: string }) {
  return { to: "/tickets", search: { copilot, copilotFrom: from, copilotTo: to } } as const;
}

/** Every zone that the browser knows, and those that are shown already. */
function zonesOf(...shown: (string | undefined)[]): string[] {
  return [...new Set([...shown.filter((zone) => zone !== undefined), "UTC", ...Intl.supportedValuesOf("timeZone")])];
}

interface FiguresProps {
  now: Bucket[];
  before: Bucket[];
  timezone: string;
  overview: Schemas["OverviewRow"] | undefined;
}

function Figures({ now, before, timezone, overview }: FiguresProps) {
  const { priorities } = useLookups();
  const isAdmin = useIsAdmin();
  const [sums, past] = [sumsOf(now), sumsOf(before)];
  const kept = (of: typeof sums) => share(of.slaMet, of.slaMet + of.slaMissed);
  const used = (of: typeof sums) => share(of.accepted + of.edited, of.accepted + of.edited + of.rejected);
  const [from, last] = [now[0]?.day ?? "", now.at(-1)?.day ?? ""];
  const to = last && dayAfter(last);
  // Moments, not days: the list reads days on the clocks of UTC.
  const [start, end] = [now[0]?.from ?? "", now.at(-1)?.to ?? ""];
  const created = { to: "/tickets", search: { createdFrom: start, createdTo: end } } as const;
  const solved = { to: "/tickets", search: { resolvedFrom: start, resolvedTo: end } } as const;
  const groups = grouped(now, 16);
  const perGroup =
    groups[0] && groups.at(-1)?.buckets.length !== 1 ? `per ${String(groups.at(-1)?.buckets.length)} days` : "per day";
  const copilot = groups.map(({ label, buckets }) => {
    const { suggestions, accepted, edited, rejected } = sumsOf(buckets);
    const unjudged = suggestions - accepted - edited - rejected;
    return { day: label, "As it was": accepted, Changed: edited, Rejected: rejected, unjudged };
  });
  const spanOfGroup = (row: number) => {
    const part = groups[row]?.buckets ?? [];
    return { from: part[0]?.from ?? start, to: part.at(-1)?.to ?? end };
  };
  const moods = groups.map(({ label, buckets }) => {
    const sum = (key: "positive" | "neutral" | "negative") =>
      buckets.reduce((total, one) => total + one.sentiment[key], 0);
    return { day: label, Content: sum("positive"), Neutral: sum("neutral"), Unhappy: sum("negative") };
  });
  const ranked = [...priorities].sort((a, b) => b.sort - a.sort);
  const openOf = (priority: string | undefined) => ({ to: "/tickets", search: { status: OPEN, priority } }) as const;
  const byPriority = overview?.open.byPriority as Record<string, number> | undefined;
  return (
    <>
      <div className={classes.cards}>
        <Kpi
          label="Open tickets now"
          value={overview ? overview.open.total.toLocaleString("en") : "…"}
          about={overview?.open.oldestAt ? `${String(overview.open.byAge.older)} older than 30 days` : "None is open"}
          to={{ to: "/tickets", search: { status: OPEN } }}
        />
        <Kpi
          label="Opened"
          value={sums.created.toLocaleString("en")}
          change={changeOf(sums.created, past.created, null)}
          course={now.map((one) => one.ticketsCreated)}
          to={created}
        />
        <Kpi
          label="Solved"
          value={sums.solved.toLocaleString("en")}
          change={changeOf(sums.solved, past.solved, "more")}
          course={now.map((one) => one.ticketsResolved)}
          to={solved}
        />
        <Kpi
          label="First reply after"
          value={inTime(sums.firstReply)}
          change={changeOf(sums.firstReply, past.firstReply, "less")}
          course={now.map((one) => one.meanFirstResponseSeconds ?? 0)}
          to={{ to: "/tickets", search: { firstRespondedFrom: start, firstRespondedTo: end } }}
        />
        <Kpi
          label="Solved after"
          value={inTime(sums.solution)}
          change={changeOf(sums.solution, past.solution, "less")}
          course={now.map((one) => one.meanResolutionSeconds ?? 0)}
          to={solved}
        />
        <Kpi
          label="SLA kept"
          value={inPercent(kept(sums))}
          change={changeOf(kept(sums), kept(past), "more")}
          course={now.map((one) => one.slaCompliance ?? 0)}
          to={solved}
        />
        <Kpi
          label="Copilot used"
          value={inPercent(used(sums))}
          change={changeOf(used(sums), used(past), "more")}
          course={now.map((one) => one.acceptanceRate ?? 0)}
          to={judged("accepted,edited", { from: start, to: end })}
        />
        <Kpi
          label="Cost of models and telephony"
          value={dollars.format(sums.costUsd)}
          change={changeOf(sums.costUsd, past.costUsd, "less")}
          course={now.map((one) => one.aiCostUsd + one.telephonyCostUsd)}
          to={isAdmin ? { to: "/settings/usage" } : undefined}
        />
      </div>
      <div className={classes.grid}>
        <ChartCard
          size="wide"
          title="Tickets opened and solved"
          hint="per day"
          columns={["Day", "Opened", "Solved"]}
          rows={now.map((one) => [one.day, one.ticketsCreated, one.ticketsResolved])}
          links={(row, column) => {
            const [dayFrom, dayTo] = [now[row]?.from, now[row]?.to];
            const search =
              column === 1 ? { createdFrom: dayFrom, createdTo: dayTo } : { resolvedFrom: dayFrom, resolvedTo: dayTo };
            return { to: "/tickets", search };
          }}
        >
          <Suspense fallback={<Skeleton className={classes.chart} aria-label="Loading the chart" />}>
            <Lines
              label={`${String(sums.created)} tickets opened and ${String(sums.solved)} solved`}
              data={now.map((one) => ({ day: dayOf(one), Opened: one.ticketsCreated, Solved: one.ticketsResolved }))}
              series={[
                { name: "Opened", color: "var(--desk-accent)" },
                { name: "Solved", color: "var(--desk-good)" },
              ]}
            />
          </Suspense>
        </ChartCard>
        <ChartCard
          size="third"
          title="Open by priority"
          hint="now"
          columns={["Priority", "Tickets"]}
          rows={ranked.map(({ key, label }) => [label, byPriority?.[key] ?? 0])}
          links={(row) => openOf(ranked[row]?.key)}
        >
          <RankedBars
            label="Open tickets by priority"
            items={ranked.map(({ key, label, color }) => ({
              key,
              label,
              color,
              value: byPriority?.[key] ?? 0,
              to: openOf(key),
            }))}
          />
        </ChartCard>
        <ChartCard
          size="half"
          title="What became of the copilot's work"
          hint={perGroup}
          columns={["From", "As it was", "Changed", "Rejected", "Not judged"]}
          rows={copilot.map((one) => [one.day, one["As it was"], one.Changed, one.Rejected, one.unjudged])}
          links={(row, column) => judged(VERDICTS[column - 1], spanOfGroup(row))}
          note="A number leads to the tickets in which that happened. One with several suggestions stands in the list once."
        >
          <Suspense fallback={<Skeleton className={classes.chart} aria-label="Loading the chart" />}>
            <Bars
              label={`${String(sums.accepted)} used as they were, ${String(sums.edited)} changed, ${String(sums.rejected)} rejected`}
              data={copilot}
              series={[
                { name: "As it was", color: "var(--desk-accent)" },
                { name: "Changed", color: "var(--desk-second)" },
                { name: "Rejected", color: "var(--desk-third)" },
              ]}
            />
          </Suspense>
        </ChartCard>
        <ChartCard
          size="half"
          title="How content customers are"
          hint={perGroup}
          columns={["From", "Content", "Neutral", "Unhappy"]}
          rows={moods.map((one) => [one.day, one.Content, one.Neutral, one.Unhappy])}
          links={(row, column) => {
            const { from: createdFrom, to: createdTo } = spanOfGroup(row);
            return { to: "/tickets", search: { sentiment: MOODS[column - 1]?.key, createdFrom, createdTo } };
          }}
        >
          <Suspense fallback={<Skeleton className={classes.chart} aria-label="Loading the chart" />}>
            <Bars
              label="Tickets by the mood that their analysis found"
              data={moods}
              series={[
                { name: "Content", color: "var(--desk-good)" },
                { name: "Neutral", color: "var(--desk-third)" },
                { name: "Unhappy", color: "var(--desk-wait)" },
              ]}
            />
          </Suspense>
        </ChartCard>
        <Hours
          now={now}
          timezone={timezone}
          title="When tickets are opened"
          label="Tickets opened by weekday and hour"
          of={(one) => one.ticketsCreated}
          to={({ weekday, hour, from: createdFrom, to: createdTo }) => ({
            to: "/tickets",
            search: { weekday, hour, timezone, createdFrom, createdTo },
          })}
        />
        {overview && <Today overview={overview} />}
        <AgentFigures from={from} to={to} start={start} end={end} />
        <Customers />
      </div>
      <Calls now={now} before={before} timezone={timezone} />
    </>
  );
}

function Shape() {
  return (
    <div role="status" aria-label="Loading the figures">
      <div className={classes.cards}>
        {Array.from({ length: 7 }, (_, index) => (
          <Skeleton key={index} height={96} radius="lg" />
        ))}
      </div>
      <Skeleton height={300} radius="lg" mb="md" />
      <Skeleton height={300} radius="lg" />
    </div>
  );
}
