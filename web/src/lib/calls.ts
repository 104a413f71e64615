import { agentName } from "./agents";
import { capital } from "./text";

/** How a key of the API is called by people, with a colour where one helps. */
export interface Named {
  key: string;
  label: string;
  color?: string;
}

/** Where a call is in its life. */
export const CALL_STATUSES: readonly Named[] = [
  { key: "RINGING", label: "Ringing", color: "var(--desk-busy)" },
  { key: "IN_PROGRESS", label: "In progress", color: "var(--desk-busy)" },
  { key: "INTERRUPTED", label: "Interrupted", color: "var(--desk-wait)" },
  { key: "COMPLETED", label: "Completed", color: "var(--desk-good)" },
  { key: "FAILED", label: "Failed", color: "var(--desk-late)" },
  { key: "NO_ANSWER", label: "No answer" },
  { key: "BUSY", label: "Busy" },
  { key: "CANCELED", label: "Given up" },
];

/** What became of the caller's problem. */
export const OUTCOMES: readonly Named[] = [
  { key: "RESOLVED", label: "Solved by AI", color: "var(--desk-good)" },
  { key: "TICKETED", label: "Ticket filed", color: "var(--desk-busy)" },
  { key: "ESCALATED", label: "To a person", color: "var(--desk-wait)" },
  { key: "ABANDONED", label: "Abandoned", color: "var(--desk-late)" },
  { key: "UNKNOWN", label: "Not clear" },
];

export const MOODS: readonly Named[] = [
  { key: "positive", label: "Content", color: "var(--desk-good)" },
  { key: "neutral", label: "Neutral" },
  { key: "negative", label: "Unhappy", color: "var(--desk-late)" },
];

export const ENGINES: readonly Named[] = [
  { key: "RELAY", label: "Relay (text)" },
  { key: "REALTIME", label: "Realtime (speech)" },
];

/** The voice agents, as their files name them. */
export const AGENTS: readonly Named[] = [
  "triage_agent",
  "lookup_agent",
  "ticket_agent",
  "servicedesk_agent",
  "email_agent",
  "computer_agent",
  "network_agent",
  "printer_agent",
  "phone_agent",
  "security_agent",
  "device_agent",
].map((key) => ({ key, label: agentName(key) }));

/** The label of a key; the key itself when it is not known. */
export function labelOf(all: readonly Named[], key: string | null): string {
  return all.find((one) => one.key === key)?.label ?? key ?? "";
}

export function colorOf(all: readonly Named[], key: string | null): string | undefined {
  return all.find((one) => one.key === key)?.color;
}

/** `search_knowledge` → `Search knowledge` */
export function toolName(key: string): string {
  return capital(key.replace(/_/g, " "));
}

/** A place in a call, or how long one lasted: `0:07`, `12:05`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = two(seconds % 60);
  return hours > 0 ? `${String(hours)}:${two(minutes)}:${rest}` : `${String(minutes)}:${rest}`;
}

interface Party {
  provider: string;
  contact: { name: string } | null;
  callerPhone: string | null;
  fromNumber: string;
  isErased: boolean;
}

/** Who called, as far as it is known. */
export function callerOf({ provider, contact, callerPhone, fromNumber, isErased }: Party): string {
  const known = contact?.name ?? callerPhone;
  if (known) return known;
  if (provider === "BROWSER") return "From the browser";
  return fromNumber || (isErased ? "Erased" : "Unknown caller");
}

/** Whether a call still goes on. */
export function isLive({ endedAt }: { endedAt: string | null }): boolean {
  return endedAt === null;
}

/** The element id of a turn, so that a link can lead to it. */
export function turnAnchor(seq: number): string {
  return `turn-${String(seq)}`;
}
