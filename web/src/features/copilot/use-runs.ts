import { type QueryClient, useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { type Suggestion, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { suggestionsQuery } from "~/api/queries";
import { showProblem } from "~/components/toast";
import { useConnection } from "~/live/socket";
import { isPending } from "./content";

/** While the event socket is down the status is asked for this often. */
const POLL_MS = 1_000;
/** While it is up, this often, in case a connection broke without anybody noticing. */
const SAFETY_MS = 5_000;

export type Ask =
  | { kind: "analysis" }
  | { kind: "next_steps" }
  | { kind: "draft_reply"; tone: string }
  | { kind: "chat"; message: string };

async function post(ticketId: string, ask: Ask) {
  switch (ask.kind) {
    case "analysis":
      return client.POST("/api/copilot/v1/analyze", { body: { ticketId } });
    case "next_steps":
      return client.POST("/api/copilot/v1/suggest", { body: { ticketId } });
    case "draft_reply":
      return client.POST("/api/copilot/v1/draft-reply", { body: { ticketId, tone: ask.tone } });
    case "chat":
      return client.POST("/api/copilot/v1/chat", { body: { ticketId, message: ask.message } });
  }
}

/** What the copilot did for a ticket, newest first, and how to ask for more. */
export function useRuns(ticketId: string) {
  const queries = useQueryClient();
  const list = useQuery(suggestionsQuery(ticketId));
  const runs = list.data?.items ?? [];
  usePolling(
    ticketId,
    runs.filter((run) => isPending(run)),
  );

  const underWay = useRef(new Set<string>());
  const asking = useMutation({
    mutationFn: async (ask: Ask) => {
      const { data } = await post(ticketId, ask);
      return data?.data.suggestionId ?? "";
    },
    onSuccess: (id, ask) => {
      change(queries, ticketId, (items) =>
        items.some((item) => item.id === id) ? items : [placeholder(id, ticketId, ask.kind), ...items],
      );
      void queries.invalidateQueries({ queryKey: suggestionsQuery(ticketId).queryKey });
    },
    onError: (error) => showProblem("The copilot was not asked", error),
    onSettled: (_id, _error, ask) => underWay.current.delete(ask.kind),
  });
  const cancelling = useMutation({
    mutationFn: (run: Suggestion) => client.POST("/api/copilot/v1/cancel/{id}", { params: { path: { id: run.id } } }),
    onError: (error) => showProblem("The copilot was not stopped", error),
    onSettled: () => queries.invalidateQueries({ queryKey: suggestionsQuery(ticketId).queryKey }),
  });

  return {
    runs,
    list,
    /** Why the last request was not even taken. */
    refusal: asking.error ? Problem.of(asking.error) : null,
    isBusy: (kind: Ask["kind"]) =>
      (asking.isPending && asking.variables.kind === kind) || runs.some((run) => run.kind === kind && isPending(run)),
    ask: (ask: Ask, onTaken?: () => void) => {
      // Two clicks before the next render ask once.
      if (underWay.current.has(ask.kind)) return;
      underWay.current.add(ask.kind);
      asking.mutate(ask, { onSuccess: onTaken });
    },
    cancel: (run: Suggestion) => cancelling.mutate(run),
  };
}

/** Asks for the status of what is not finished. The answers go where the panel reads: into the ticket's list. */
function usePolling(ticketId: string, pending: Suggestion[]): void {
  const queries = useQueryClient();
  const interval = useConnection() === "open" ? SAFETY_MS : POLL_MS;
  useQueries({
    queries: pending.map((run) => ({
      queryKey: ["status of a run", run.id],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const { data } = await client.GET("/api/copilot/v1/status/{id}", { params: { path: { id: run.id } }, signal });
        const now = data?.data;
        if (!now) return null;
        change(queries, ticketId, (items) =>
          items.map((item) => (item.id === now.id && isPending(item) ? { ...item, ...now } : item)),
        );
        if (now.kind === "chat" && !isPending(now)) {
          void queries.invalidateQueries({ queryKey: ["get", "/api/copilot/v1/conversation/{ticketId}"] });
        }
        return null;
      },
      initialData: null,
      staleTime: interval,
      refetchInterval: interval,
      gcTime: 0,
    })),
  });
}

function change(queries: QueryClient, ticketId: string, work: (items: Suggestion[]) => Suggestion[]): void {
  queries.setQueryData<{ items: Suggestion[] }>(suggestionsQuery(ticketId).queryKey, (list) => ({
    items: work(list?.items ?? []),
  }));
}

/** A run that was just accepted, until the server's own row is loaded. */
function placeholder(id: string, ticketId: string, kind: string): Suggestion {
  const now = new Date().toISOString();
  return {
    id,
    ticketId,
    kind,
    state: "queued",
    content: null,
    error: null,
    code: null,
    model: null,
    promptTokens: 0,
    completionTokens: 0,
    costUsd: 0,
    feedback: null,
    feedbackNote: null,
    triage: null,
    finalText: null,
    editDistance: null,
    attempts: 0,
    durationMs: null,
    promptVersion: null,
    redactionCounts: null,
    request: {},
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    finishedAt: null,
    requestedBy: null,
  };
}
