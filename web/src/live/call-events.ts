import { useEffect, useEffectEvent } from "react";
import { z } from "~/lib/zod";
import { stayOpen } from "./socket";

/** Something about a call. What it is now is asked for: the event says which call, and what changed. */
const CallEvent = z.object({
  id: z.string(),
  type: z.enum(["call.started", "call.updated", "call.turn", "call.agent_changed", "call.ended"]),
  data: z.object({
    callId: z.string(),
    /** Of a turn: its place in the call, and who spoke. */
    seq: z.optional(z.number()),
    speaker: z.optional(z.string()),
  }),
});

/** Words that are still being spoken. They have no id, may be lost, and the turn replaces them. */
const CallPartial = z.object({
  type: z.literal("call.partial"),
  data: z.object({ callId: z.string(), speaker: z.string(), agent: z.nullable(z.string()), text: z.string() }),
});

const Frame = z.union([
  CallEvent,
  CallPartial,
  z.object({ type: z.literal("resync") }),
  z.object({ type: z.literal("subscribed") }),
  z.object({ id: z.string(), type: z.string() }),
]);

type Frame = z.infer<typeof Frame>;
export type CallEvent = z.infer<typeof CallEvent>;
export type CallWords = z.infer<typeof CallPartial>["data"];

/** Reads a frame of a topic of calls; null for one that this page does not know. */
export function readCallFrame(text: string): (Frame & { id?: string }) | null {
  try {
    const frame = z.safeParse(Frame, JSON.parse(text));
    return frame.success ? frame.data : null;
  } catch {
    return null;
  }
}

interface Ears {
  /** Something happened; null when so much was missed that nobody can say what. */
  onEvent: (event: CallEvent | null) => void;
  onWords?: (words: CallWords) => void;
}

/** Hears of every call (`calls`) or of one (`calls:ID`) while the component is shown; of none without a topic. */
export function useCallEvents(topic: string | null, { onEvent, onWords }: Ears): void {
  const heard = useEffectEvent(onEvent);
  const spoken = useEffectEvent((words: CallWords) => onWords?.(words));
  useEffect(() => {
    if (!topic) return;
    return stayOpen<Frame & { id?: string }>({
      topics: [topic],
      read: readCallFrame,
      onFrame: (frame) => {
        if (!("data" in frame)) return;
        if (frame.type === "call.partial") spoken(frame.data);
        else heard(frame);
      },
      onResync: () => heard(null),
      // Whether the desk is there is told by the page's own socket.
      onConnection: () => undefined,
    });
  }, [topic]);
}
