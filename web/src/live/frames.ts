import { z } from "~/lib/zod";

const TicketEvent = z.object({
  id: z.string(),
  type: z.enum(["ticket.created", "ticket.updated", "ticket.message"]),
  data: z.object({ ticketId: z.string() }),
});

const EscalationEvent = z.object({
  id: z.string(),
  type: z.literal("escalation.created"),
  data: z.object({ ticketId: z.string(), escalationId: z.string() }),
});

const SuggestionEvent = z.object({
  id: z.string(),
  type: z.literal("suggestion.updated"),
  data: z.object({ suggestionId: z.string(), ticketId: z.string(), state: z.string() }),
});

/** Text that a model is still writing. It has no id, may be lost, and the checked result replaces it. */
const PartialEvent = z.object({
  type: z.literal("suggestion.partial"),
  data: z.object({ suggestionId: z.string(), ticketId: z.string(), text: z.string() }),
});

/** Everybody who looks at a ticket. Nothing of it is stored. */
const PresenceEvent = z.object({
  type: z.literal("ticket.presence"),
  data: z.object({
    ticketId: z.string(),
    viewers: z.array(z.object({ userId: z.string(), name: z.string(), isTyping: z.boolean() })),
  }),
});

const Frame = z.union([
  TicketEvent,
  EscalationEvent,
  SuggestionEvent,
  PartialEvent,
  PresenceEvent,
  z.object({ type: z.literal("resync") }),
  z.object({ type: z.literal("subscribed") }),
  // What a newer server may send: remembered as the newest event, otherwise let pass.
  z.object({ id: z.string(), type: z.string() }),
]);

export type LiveEvent =
  | z.infer<typeof TicketEvent>
  | z.infer<typeof EscalationEvent>
  | z.infer<typeof SuggestionEvent>
  | z.infer<typeof PartialEvent>
  | z.infer<typeof PresenceEvent>;
export type Viewer = z.infer<typeof PresenceEvent>["data"]["viewers"][number];
export type Frame = z.infer<typeof Frame>;

/** Reads a frame; null for one that this page does not know. */
export function readFrame(text: string): Frame | null {
  try {
    const frame = z.safeParse(Frame, JSON.parse(text));
    return frame.success ? frame.data : null;
  } catch {
    return null;
  }
}

export function isEvent(frame: Frame): frame is LiveEvent {
  return "data" in frame;
}
