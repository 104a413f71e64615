import { useQuery } from "@tanstack/react-query";
import { api } from "~/api/client";
import { useSupportAgents } from "~/api/queries";
import { values } from "~/lib/list-search";

interface Person {
  name: string;
  agentId: string | null;
  userId: string | null;
}

/** The support agents at hand, and whoever else is named: the figures of the days know everybody who did something in them. */
export function usePeople(named: string | undefined, from: string | undefined, to: string | undefined): Person[] {
  const agents: Person[] = useSupportAgents().map(({ id, userId, name }) => ({ name, agentId: id, userId }));
  const isAtHand = (id: string) => agents.some(({ agentId, userId }) => agentId === id || userId === id);
  const missing = agents.length === 0 ? [] : values(named).filter((id) => id !== "me" && !isAtHand(id));
  const { data } = useQuery({
    ...api.queryOptions("get", "/api/dashboard/agents", {
      params: { query: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } },
    }),
    enabled: missing.length > 0,
  });
  const others: Person[] = (data?.items ?? []).map(({ name, supportAgent, user }) => ({
    name,
    agentId: supportAgent?.id ?? null,
    userId: user?.id ?? null,
  }));
  const isMissing = (id: string | null) => id !== null && missing.includes(id);
  return [...agents, ...others.filter(({ agentId, userId }) => isMissing(agentId) || isMissing(userId))];
}
