import { useLookups, useSupportAgents } from "~/api/queries";
import type { Names } from "./event-words";

/** How keys and ids are called by people. */
export function useNames(): Names {
  const { statuses, priorities } = useLookups();
  const agents = useSupportAgents();
  return {
    status: (key) => statuses.find((one) => one.key === key)?.label ?? key,
    priority: (key) => priorities.find((one) => one.key === key)?.label ?? key,
    agent: (id) => agents.find((one) => one.id === id)?.name ?? "a support agent",
  };
}
