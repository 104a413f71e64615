import { Group, SegmentedControl, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Schemas, api } from "~/api/client";
import { Page } from "~/components/page";
import { Failure } from "~/components/route-error";
import { DataTable, TableSkeleton } from "~/components/table";
import classes from "./usage.module.css";

type Costs = Schemas["CostsRow"];

const DAY_MS = 24 * 3_600_000;
const dollars = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 4 });
const whole = new Intl.NumberFormat("en");
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

/** What the models cost. */
export function Usage() {
  const [days, setDays] = useState("30");
  const [from, setFrom] = useState(() => daysAgo(29));
  const { data, error, refetch } = useQuery(
    api.queryOptions("get", "/api/dashboard/costs", { params: { query: { from } } }, { placeholderData: (old) => old }),
  );
  return (
    <Page
      title="Usage and cost"
      about="Requests to models, their tokens and what they cost, by the workspace's days."
      actions={
        <SegmentedControl
          aria-label="Span"
          size="xs"
          value={days}
          onChange={(value) => {
            setDays(value);
            setFrom(daysAgo(Number(value) - 1));
          }}
          data={[
            { value: "7", label: "7 days" },
            { value: "30", label: "30 days" },
            { value: "90", label: "90 days" },
          ]}
        />
      }
    >
      {data ? (
        <Figures costs={data} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <TableSkeleton label="costs" />
      )}
    </Page>
  );
}

function Figures({ costs }: { costs: Costs }) {
  const { total, budget, byDay, byModel, byPurpose } = costs;
  const share = budget.dailyUsd > 0 ? Math.min(1, budget.spentTodayUsd / budget.dailyUsd) : 0;
  const most = Math.max(...byDay.map((day) => day.costUsd), 0);
  const mostRequests = Math.max(...byDay.map((day) => day.requests), 1);
  // The built-in model costs nothing; its days still differ by how much it was asked.
  const heightOf = (day: Costs["byDay"][number]) => (most > 0 ? day.costUsd / most : day.requests / mostRequests);
  return (
    <>
      <div className={classes.figures}>
        <Figure label="Cost" value={dollars.format(total.costUsd)} />
        <Figure label="Requests" value={whole.format(total.requests)} more={`${whole.format(total.errors)} failed`} />
        <Figure
          label="Tokens"
          value={whole.format(total.inputTokens + total.outputTokens)}
          more={total.cachedShare === null ? "None read" : `${percent.format(total.cachedShare)} read from the cache`}
        />
        <Figure
          label="Cost of a ticket"
          value={costs.perTicketUsd === null ? "–" : dollars.format(costs.perTicketUsd)}
          more={`${whole.format(costs.ticketsCreated)} tickets opened`}
        />
        <Figure
          label="Budget of today"
          value={`${dollars.format(budget.leftTodayUsd)} left`}
          more={`${percent.format(share)} of ${dollars.format(budget.dailyUsd)} used`}
        />
      </div>
      <Title order={2} mt="lg" mb="xs">
        {most > 0 ? "Cost by day" : "Requests by day"}
      </Title>
      <div
        className={classes.days}
        role="img"
        aria-label={`${String(byDay.length)} days, at most ${most > 0 ? dollars.format(most) : `${whole.format(mostRequests)} requests`} a day`}
      >
        {byDay.map((day) => (
          <span
            key={day.day}
            className={classes.bar}
            style={{ "--share": String(heightOf(day)) } as React.CSSProperties}
            title={`${day.day}: ${dollars.format(day.costUsd)}, ${whole.format(day.requests)} requests`}
          />
        ))}
      </div>
      <Group justify="space-between" mt={4}>
        <Text size="xs" c="dimmed">
          {byDay[0]?.day}
        </Text>
        <Text size="xs" c="dimmed">
          {byDay.at(-1)?.day}
        </Text>
      </Group>
      <Title order={2} mt="lg" mb="xs">
        By model
      </Title>
      <Breakdown
        label="Cost by model"
        first="Model"
        rows={byModel.map((row) => ({ ...row, name: `${row.model} (${row.provider})` }))}
      />
      <Title order={2} mt="lg" mb="xs">
        By purpose
      </Title>
      <Breakdown
        label="Cost by purpose"
        first="Purpose"
        rows={byPurpose.map((row) => ({ ...row, name: row.purpose.toLowerCase().replace(/_/g, " ") }))}
      />
    </>
  );
}

function Figure({ label, value, more }: { label: string; value: string; more?: string }) {
  return (
    <div className={classes.figure}>
      <span className={classes.label}>{label}</span>
      <span className={classes.value}>{value}</span>
      {more && <span className={classes.label}>{more}</span>}
    </div>
  );
}

interface Row {
  name: string;
  requests: number;
  errors: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
}

function Breakdown({ label, first, rows }: { label: string; first: string; rows: Row[] }) {
  if (rows.length === 0) return <Text size="sm">Nothing was asked in this span.</Text>;
  return (
    <DataTable label={label} columns={[first, "Requests", "Failed", "Tokens read", "Tokens written", "Cost"]}>
      {rows.map((row) => (
        <Table.Tr key={row.name}>
          <Table.Td fw={600}>{row.name}</Table.Td>
          <Table.Td>{whole.format(row.requests)}</Table.Td>
          <Table.Td>{whole.format(row.errors)}</Table.Td>
          <Table.Td>{whole.format(row.inputTokens)}</Table.Td>
          <Table.Td>{whole.format(row.outputTokens)}</Table.Td>
          <Table.Td>{dollars.format(row.costUsd)}</Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
