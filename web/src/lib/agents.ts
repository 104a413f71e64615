import { capital } from "./text";

/** `printer_agent` → `Printer`; what speaks for the desk itself has no such name. */
export function agentName(agent: string | null | undefined): string {
  return agent ? capital(agent.replace(/_agent$/, "").replaceAll("_", " ")) : "Agent";
}
