import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api } from "~/api/client";
import { Failure } from "~/components/route-error";
import { HeatMap } from "./bars";
import { type Behind, ChartCard } from "./chart-card";
import { type Bucket, byHour } from "./figures";

/** The most that the server gives by the hour. */
const DAYS_MAX = 31;

interface Props {
  now: Bucket[];
  timezone: string;
  title: string;
  label: string;
  /** What is counted. */
  of: (bucket: Bucket) => number;
  /** The list behind a cell. */
  to: (cell: Cell) => Behind;
}

export interface Cell {
  weekday: number;
  hour: number;
  /** The span that is shown. */
  from: string;
  to: string;
}

/** When something happens, by weekday and hour. */
export function Hours({ now, timezone, title, label, of, to: behind }: Props) {
  const span = now.slice(-DAYS_MAX);
  const [from, to] = [span[0]?.from ?? "", span.at(-1)?.to ?? ""];
  const query = { granularity: "hour", from, to };
  const { data, error, refetch } = useQuery({
    ...api.queryOptions("get", "/api/dashboard/metrics", { params: { query } }),
    enabled: from !== "",
    placeholderData: keepPreviousData,
  });
  const hours = data?.items ?? [];
  const rows = byHour(hours, timezone, of);
  const cell = (weekday: number, hour: number) =>
    behind({ weekday, hour, from: hours[0]?.from ?? from, to: hours.at(-1)?.to ?? to });
  const zone = timezone.replace(/_/g, " ");
  return (
    <ChartCard
      size="wide"
      title={title}
      hint={span.length < now.length ? `the last ${String(span.length)} days, by hour, ${zone}` : `by hour, ${zone}`}
      columns={["Day", ...Array.from({ length: 24 }, (_, hour) => `${String(hour)}:00`)]}
      rows={rows.map(({ day, hours: counts }) => [day, ...counts])}
      links={(row, column) => cell(row + 1, column - 1)}
    >
      {error && !data ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <HeatMap rows={rows} label={label} to={cell} />
      )}
    </ChartCard>
  );
}
