import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Schemas, type TicketDetail, type TicketLine, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { useLookups, useSupportAgents } from "~/api/queries";
import { showDone, showProblem } from "~/components/toast";
import { lineOf, patchDetails } from "./lines";
import { ticketList } from "./use-ticket-list";

/** Most tickets of one request. */
const TOGETHER = 100;

export type Action =
  | { type: "status"; value: string }
  | { type: "priority"; value: string }
  | { type: "assign"; value: string | null }
  | { type: "tag"; value: { add?: string[]; remove?: string[] } };

type Outcome = Schemas["BulkOutcome"];
/** What a change needs to know of a ticket. */
export type Target = Pick<TicketLine, "id" | "label">;
type Fields = Pick<TicketLine, "status" | "priority" | "assignee" | "tags" | "resolvedAt" | "closedAt">;

/** How a ticket looks once the action is done, as far as the page can tell. */
export function foresee<T extends Fields>(ticket: T, action: Action, assignee: TicketLine["assignee"], now: string): T {
  switch (action.type) {
    case "status": {
      const open = action.value !== "RESOLVED" && action.value !== "CLOSED";
      const resolvedAt = open ? null : (ticket.resolvedAt ?? now);
      return { ...ticket, status: action.value, resolvedAt, closedAt: action.value === "CLOSED" ? now : null };
    }
    case "priority":
      return { ...ticket, priority: action.value };
    case "assign":
      return { ...ticket, assignee };
    case "tag": {
      const { add = [], remove = [] } = action.value;
      const kept = ticket.tags.filter((tag) => !remove.includes(tag) && !add.includes(tag));
      return { ...ticket, tags: [...kept, ...add] };
    }
  }
}

/** Groups what takes the changes back, so that equal ones go in one request. */
export function undoOf(outcomes: Outcome[]): { ids: string[]; action: Action }[] {
  const groups = new Map<string, { ids: string[]; action: Action }>();
  for (const { id, undo } of outcomes) {
    if (!undo) continue;
    const key = JSON.stringify(undo);
    const group = groups.get(key) ?? { ids: [], action: { type: undo.type, value: undo.value } as Action };
    group.ids.push(id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The same change on one or many tickets: shown at once, taken back with the reason when the server refuses. */
export function useChange() {
  const queries = useQueryClient();
  const { statuses, priorities } = useLookups();
  const agents = useSupportAgents();
  return useMemo(() => {
    const nameOf = (action: Action): string => {
      switch (action.type) {
        case "status":
          return statuses.find(({ key }) => key === action.value)?.label ?? action.value;
        case "priority":
          return priorities.find(({ key }) => key === action.value)?.label ?? action.value;
        case "assign":
          return agents.find(({ id }) => id === action.value)?.name ?? "nobody";
        case "tag":
          return [...(action.value.add ?? []), ...(action.value.remove ?? [])].join(", ");
      }
    };

    const run = async (targets: Target[], action: Action, isUndo = false): Promise<void> => {
      const ids = targets.map(({ id }) => id);
      const assignee = action.type === "assign" ? (agents.find(({ id }) => id === action.value) ?? null) : null;
      const restore = paint(queries, ids, (ticket) => foresee(ticket, action, assignee, new Date().toISOString()));
      const outcomes: Outcome[] = [];
      let requestId: string | null = null;
      for (let from = 0; from < ids.length; from += TOGETHER) {
        const part = ids.slice(from, from + TOGETHER);
        try {
          const { data, response } = await client.POST("/api/tickets/bulk", { body: { ids: part, action } });
          requestId = response.headers.get("X-Request-Id");
          outcomes.push(...(data?.results ?? []));
        } catch (error) {
          restore(ids.slice(from));
          showProblem(refusalOf(targets.slice(from), action), error);
          break;
        }
      }
      const refused = outcomes.filter(({ ok }) => !ok);
      restore(refused.map(({ id }) => id));
      const first = refused[0];
      if (first) {
        const failed = targets.filter(({ id }) => refused.some((one) => one.id === id));
        showProblem(
          refusalOf(failed, action),
          new Problem(first.detail ?? "The server refused it.", { status: 409, code: first.code ?? "", requestId }),
        );
      }
      settle(queries, ids);
      const undo = undoOf(outcomes);
      if (isUndo || outcomes.length === refused.length) return;
      const done = targets.filter(({ id }) => outcomes.some((one) => one.ok && one.id === id));
      const takeBack = () => {
        for (const { ids: back, action: opposite } of undo) {
          void run(
            done.filter(({ id }) => back.includes(id)),
            opposite,
            true,
          );
        }
      };
      showDone(`${subjectOf(done)}: ${sentenceOf(action, nameOf(action))}`, undo.length > 0 ? takeBack : undefined);
    };
    return (targets: Target[], action: Action) => run(targets, action);
  }, [queries, statuses, priorities, agents]);
}

function subjectOf(targets: Target[]): string {
  const [first] = targets;
  return targets.length === 1 && first ? first.label : `${String(targets.length)} tickets`;
}

function sentenceOf(action: Action, name: string): string {
  switch (action.type) {
    case "status":
      return name;
    case "priority":
      return `${name} priority`;
    case "assign":
      return `assigned to ${name}`;
    case "tag":
      return action.value.remove?.length ? `without ${name}` : `tagged ${name}`;
  }
}

const PARTS = { status: "status", priority: "priority", assign: "assignee", tag: "tags" } as const;

function refusalOf(targets: Target[], { type }: Action): string {
  const were = type === "tag" ? "were" : "was";
  return `The ${PARTS[type]} of ${subjectOf(targets)} ${were} not changed`;
}

/** Shows a change before the server has made it. Gives a function that takes it back for some of the tickets. */
function paint(
  queries: QueryClient,
  ids: readonly string[],
  change: <T extends Fields>(ticket: T) => T,
): (ids: readonly string[]) => void {
  const rows = new Map<string, TicketLine>();
  const details = new Map<string, TicketDetail>();
  const wanted = new Set(ids);
  ticketList.patch(queries, (row) => {
    if (!wanted.has(row.id)) return row;
    rows.set(row.id, row);
    return change(row);
  });
  patchDetails(queries, ids, (ticket) => {
    details.set(ticket.id, ticket);
    return change(ticket);
  });
  return (back) => {
    if (back.length === 0) return;
    const some = new Set(back);
    ticketList.patch(queries, (row) => (some.has(row.id) ? (rows.get(row.id) ?? row) : row));
    patchDetails(queries, back, (ticket) => details.get(ticket.id) ?? ticket);
  };
}

/** What the server made of it is loaded where it is shown. */
function settle(queries: QueryClient, ids: readonly string[]): void {
  void queries.invalidateQueries({
    predicate: ({ queryKey, state }) => {
      const path = String(queryKey[1]);
      if (path === "/api/tickets/{id}") return ids.includes((state.data as TicketDetail | undefined)?.id ?? "");
      const of = queryKey[2] as { params?: { path?: { id?: string } } } | undefined;
      return path === "/api/tickets/{id}/events" && ids.includes(of?.params?.path?.id ?? "");
    },
  });
}

type Changes = Schemas["TicketChanges"];

/** Changes of one ticket go one after the other, each with the version that the one before left behind. */
const waiting = new Map<string, Promise<unknown>>();

function inTurn<T>(ticketId: string, work: () => Promise<T>): Promise<T> {
  const mine = (waiting.get(ticketId) ?? Promise.resolve()).then(work);
  const ended = mine.catch(() => undefined);
  waiting.set(ticketId, ended);
  void ended.then(() => waiting.get(ticketId) === ended && waiting.delete(ticketId));
  return mine;
}

function versionOf(queries: QueryClient, { id, version }: TicketDetail): number {
  let newest = version;
  patchDetails(queries, [id], (now) => {
    newest = Math.max(newest, now.version);
    return now;
  });
  return newest;
}

/** Changes fields of one ticket; what is shown meanwhile is given by the caller. */
export function useFieldChange(ticket: TicketDetail) {
  const queries = useQueryClient();
  return async (what: string, changes: Changes, preview: Partial<TicketDetail>): Promise<Problem | null> => {
    let before: TicketDetail | undefined;
    patchDetails(queries, [ticket.id], (now) => {
      before = now;
      return { ...now, ...preview };
    });
    try {
      const { data } = await inTurn(ticket.id, () =>
        client.PATCH("/api/tickets/{id}", {
          params: { path: { id: ticket.id } },
          body: { ...changes, version: versionOf(queries, ticket) },
        }),
      );
      if (data) accept(queries, data);
      settle(queries, []);
      void queries.invalidateQueries({
        queryKey: ["get", "/api/tickets/{id}/events", { params: { path: { id: ticket.id } } }],
      });
      return null;
    } catch (error) {
      const problem = Problem.of(error);
      const back = before;
      if (back) patchDetails(queries, [ticket.id], () => back);
      settle(queries, [ticket.id]);
      if (problem.code === "stale_version") {
        showProblem(what, new Problem("Somebody changed the ticket meanwhile. Look at it, then try again.", problem));
      } else {
        showProblem(what, problem);
      }
      return problem;
    }
  };
}

/** A ticket as the server has just answered it, everywhere. */
export function accept(queries: QueryClient, ticket: TicketDetail): void {
  patchDetails(queries, [ticket.id], () => ticket);
  const line = lineOf(ticket);
  ticketList.patch(queries, (row) => (row.id === line.id ? line : row));
}
