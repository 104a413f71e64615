import { Table, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type Schemas, api } from "~/api/client";
import { Dot } from "~/components/dot";
import { Page } from "~/components/page";
import { Failure } from "~/components/route-error";
import { DataTable, TableSkeleton } from "~/components/table";
import { Age } from "~/components/time";
import { fileSize } from "~/lib/text";
import { duration } from "~/lib/time";
import classes from "./insight.module.css";

type Health = Schemas["SystemHealthRow"];

/** It is looked at again by itself this often. */
const AGAIN_MS = 10_000;
/** A database that answers more slowly than this is worth a look. */
const SLOW_MS = 100;

const good = "var(--desk-good)";
const bad = "var(--desk-late)";

/** How the installation is: its nodes, its database, its model, its queue. */
export function HealthPage() {
  const { data, error, refetch } = useQuery({
    ...api.queryOptions("get", "/api/dashboard/health"),
    refetchInterval: AGAIN_MS,
  });
  return (
    <Page
      title="Health"
      about="The nodes of this installation, and what they depend on. Looked at again every 10 seconds."
    >
      {data ? (
        <Parts health={data} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <TableSkeleton label="health" />
      )}
    </Page>
  );
}

function Parts({ health }: { health: Health }) {
  const { status, dbLatencyMs, model, modelLastHour, queue, nodes } = health;
  const isOk = status === "ok";
  return (
    <>
      <div className={classes.parts}>
        <Part label="All in all" state={<Dot color={isOk ? good : bad}>{isOk ? "Well" : "Degraded"}</Dot>}>
          {nodes.length === 1 ? "1 node" : `${String(nodes.length)} nodes`}
        </Part>
        <Part
          label="Database"
          state={<Dot color={dbLatencyMs < SLOW_MS ? good : "var(--desk-wait)"}>{duration(dbLatencyMs)}</Dot>}
        >
          to answer just now
        </Part>
        <Part
          label="Model"
          state={<Dot color={model.reachable ? good : bad}>{model.reachable ? "Answers" : "Does not answer"}</Dot>}
        >
          {model.reason ?? [model.provider, model.model].filter(Boolean).join(" · ")}
        </Part>
        <Part label="Model, last hour" state={`${modelLastHour.requests.toLocaleString("en")} requests`}>
          {modelLastHour.errors.toLocaleString("en")} failed
        </Part>
        <Part label="Jobs" state={`${queue.ready.toLocaleString("en")} wait`}>
          {queue.running} under way
          {queue.waitingSince && (
            <>
              , the oldest since <Age at={queue.waitingSince} />
            </>
          )}
        </Part>
        <Part
          label="Jobs given up, 7 days"
          state={<Dot color={queue.dead > 0 ? bad : good}>{queue.dead.toLocaleString("en")}</Dot>}
        >
          of this workspace
        </Part>
      </div>
      <Title order={2} mb="xs">
        Nodes
      </Title>
      <DataTable
        label="Nodes"
        columns={["Node", "State", "Heard", "Processors busy", "Memory", "Database", "Model", "Jobs", "Calls"]}
      >
        {nodes.map((node) => (
          <Table.Tr key={node.node} style={{ fontVariantNumeric: "tabular-nums" }}>
            <Table.Td fw={600}>{node.node}</Table.Td>
            <Table.Td>
              <Dot color={node.status === "OK" ? good : bad}>{node.status === "OK" ? "Well" : "Degraded"}</Dot>
            </Table.Td>
            <Table.Td>
              <Age at={node.at} />
            </Table.Td>
            <Table.Td>{node.cpu.toFixed(2)}</Table.Td>
            <Table.Td>{fileSize(node.memoryBytes)}</Table.Td>
            <Table.Td>{duration(node.dbLatencyMs)}</Table.Td>
            <Table.Td>{node.modelLatencyMs === null ? "Not asked" : duration(node.modelLatencyMs)}</Table.Td>
            <Table.Td>{node.queueDepth}</Table.Td>
            <Table.Td>{node.activeCalls}</Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      {queue.deadJobs.length > 0 && (
        <>
          <Title order={2} mt="lg" mb="xs">
            Jobs that were given up
          </Title>
          <DataTable label="Jobs that were given up" columns={["Kind", "When", "Why"]}>
            {queue.deadJobs.map(({ id, kind, at, error }) => (
              <Table.Tr key={id}>
                <Table.Td ff="monospace">{kind}</Table.Td>
                <Table.Td>
                  <Age at={at} />
                </Table.Td>
                <Table.Td>{error}</Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        </>
      )}
    </>
  );
}

function Part({ label, state, children }: { label: string; state: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.part}>
      <span className={classes.label}>{label}</span>
      <span className={classes.state}>{state}</span>
      <span className={classes.change}>{children}</span>
    </div>
  );
}
