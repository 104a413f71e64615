import { z } from "~/lib/zod";

const TicketEvent = z.object({
  id: z.string(),
  type: z.enum(["ticket.created", "ticket.updated", "ticket.message"]),
  data: z.object({ ticketId: z.string() }),
});

const SuggestionEvent = z.object({
  id: z.string(),
  type: z.literal("suggestion.updated"),
  data: z.object({ suggestionId: z.string(), ticketId: z.string(), state: z.string() }),
});

const Frame = z.union([
  TicketEvent,
  SuggestionEvent,
  z.object({ type: z.literal("resync") }),
  z.object({ type: z.literal("subscribed") }),
  // What a newer server may send: remembered as the newest event, otherwise let pass.
  z.object({ id: z.string(), type: z.string() }),
]);

export type LiveEvent = z.infer<typeof TicketEvent> | z.infer<typeof SuggestionEvent>;
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
