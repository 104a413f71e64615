import type { Schemas } from "~/api/client";

export type TicketEvent = Schemas["TicketEventRow"];

/** How keys and ids of an event are called by people. */
export interface Names {
  status: (key: string) => string;
  priority: (key: string) => string;
  agent: (id: string) => string;
}

/** Events that stand between the messages; the rest is in the activity only. */
const ON_THE_TIME_LINE = new Set([
  "STATUS_CHANGED",
  "PRIORITY_CHANGED",
  "ASSIGNED",
  "ESCALATED",
  "TICKET_MERGED",
  "SLA_DUE_SOON",
  "SLA_BREACHED",
  "CALL_LINKED",
]);

export function isOnTimeLine({ kind }: Pick<TicketEvent, "kind">): boolean {
  return ON_THE_TIME_LINE.has(kind);
}

const FIELDS: Record<string, string> = {
  subject: "subject",
  productArea: "product area",
  category: "category",
  organizationId: "organization",
  contactId: "contact",
  deviceId: "device",
  tags: "tags",
};

type Payload = Record<string, unknown>;

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(", ") || "none";
  return typeof value === "string" || typeof value === "number" ? String(value) : "none";
}

function fromTo(payload: Payload, field: string): { from: unknown; to: unknown } {
  const change = (payload[field] ?? payload) as { from?: unknown; to?: unknown };
  return { from: change.from ?? null, to: change.to ?? null };
}

/** What an event says, as the rest of a sentence that begins with who did it. */
export function wordsOf(event: Pick<TicketEvent, "kind" | "payload">, names: Names): string {
  const payload = event.payload as Payload;
  switch (event.kind) {
    case "TICKET_CREATED":
      return "opened the ticket";
    case "STATUS_CHANGED": {
      const { from, to } = fromTo(payload, "status");
      return `changed the status from ${names.status(text(from))} to ${names.status(text(to))}`;
    }
    case "PRIORITY_CHANGED": {
      const { from, to } = fromTo(payload, "priority");
      return `changed the priority from ${names.priority(text(from))} to ${names.priority(text(to))}`;
    }
    case "ASSIGNED": {
      const { from, to } = fromTo(payload, "assigneeId");
      if (to) return `assigned the ticket to ${names.agent(text(to))}`;
      return from ? `released the ticket from ${names.agent(text(from))}` : "released the ticket";
    }
    case "MESSAGE_ADDED":
      if (payload.isInternal === true) return "added an internal note";
      return payload.authorType === "CUSTOMER" ? "wrote, as the customer" : "answered";
    case "ATTACHMENT_ADDED":
      return `attached ${text(payload.fileName)}`;
    case "ESCALATED":
      return escalated(payload, names);
    case "FIELD_CHANGED":
      return fieldChanged(payload);
    case "TICKET_MERGED":
      return `merged TKT-${padded(payload.fromNumber)} into TKT-${padded(payload.intoNumber)}`;
    case "SLA_DUE_SOON":
      return "a clock of the service level is about to run out";
    case "SLA_BREACHED":
      return "a clock of the service level ran out";
    case "SUGGESTION_CREATED":
      return `asked the copilot for ${SUGGESTIONS[text(payload.kind)] ?? "something"}`;
    case "SUGGESTION_FEEDBACK":
      return feedback(payload);
    case "CALL_LINKED":
      return "linked a call";
    default:
      return event.kind.toLowerCase().replaceAll("_", " ");
  }
}

function padded(number: unknown): string {
  return text(number).padStart(4, "0");
}

const SUGGESTIONS: Record<string, string> = {
  analysis: "an analysis",
  next_steps: "next steps",
  draft_reply: "a draft",
  chat: "an answer",
};

function escalated(payload: Payload, names: Names): string {
  const reason = typeof payload.reason === "string" && payload.reason !== "" ? `: ${payload.reason}` : "";
  const answer = typeof payload.answer === "string" && payload.answer !== "" ? `: ${payload.answer}` : "";
  switch (payload.status) {
    case "ACCEPTED":
      return "accepted the escalation";
    case "DECLINED":
      return `declined the escalation${answer}`;
    case "RESOLVED":
      return "resolved the escalation";
    default: {
      const to = typeof payload.toAgentId === "string" ? ` to ${names.agent(payload.toAgentId)}` : "";
      return `escalated the ticket${to}${reason}`;
    }
  }
}

function fieldChanged(payload: Payload): string {
  const field = Object.keys(FIELDS).find((name) => name in payload) ?? text(payload.field);
  const { from, to } = fromTo(payload, field);
  const name = FIELDS[field] ?? field;
  // Ids say nothing to people.
  if (field.endsWith("Id")) return to ? `changed the ${name}` : `removed the ${name}`;
  return `changed the ${name} from ${text(from)} to ${text(to)}`;
}

function feedback(payload: Payload): string {
  const distance = Number(payload.editDistance);
  switch (text(payload.verdict).toLowerCase()) {
    case "accepted":
      return "used a suggestion of the copilot as it was";
    case "edited":
      return `used a suggestion of the copilot with ${distance > 0 ? `${String(distance)} characters changed` : "changes"}`;
    default:
      return "rejected a suggestion of the copilot";
  }
}
