import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { api } from "./client";

/** What forms offer to choose from; it hardly ever changes. */
export const lookupsQuery = api.queryOptions("get", "/api/lookups", {}, { staleTime: Infinity });

/** Loaded before the shell is shown, so it is always there. */
export function useLookups() {
  return useSuspenseQuery(lookupsQuery).data;
}

export function ticketQuery(id: string) {
  return api.queryOptions("get", "/api/tickets/{id}", { params: { path: { id } } });
}

export function suggestionsQuery(id: string) {
  return api.queryOptions("get", "/api/tickets/{id}/suggestions", { params: { path: { id } } });
}

const supportAgentsQuery = api.queryOptions(
  "get",
  "/api/support-agents",
  { params: { query: { limit: 100 } } },
  { staleTime: 60_000 },
);

/** Whom tickets may be given to; empty until they are loaded. */
export function useSupportAgents() {
  return useQuery(supportAgentsQuery).data?.items ?? NONE;
}

const teamsQuery = api.queryOptions("get", "/api/teams", { params: { query: { limit: 100 } } });

/** The teams; empty until they are there. */
export function useTeams() {
  return useQuery(teamsQuery).data?.items ?? NONE;
}

const NONE: never[] = [];
