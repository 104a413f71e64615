import type { Message } from "~/api/client";
import { type TicketEvent, isOnTimeLine } from "./event-words";

export type Entry = { at: string; message: Message } | { at: string; event: TicketEvent };

/** Messages and what happened between them, the oldest first. */
export function timeLine(messages: Message[], events: TicketEvent[]): Entry[] {
  const first = messages[0]?.createdAt;
  const entries: Entry[] = [
    ...messages.map((message) => ({ at: message.createdAt, message })),
    ...events
      .filter((event) => isOnTimeLine(event))
      // What happened before the messages that are shown stands in the activity.
      .filter(({ createdAt }) => !first || createdAt >= first)
      .map((event) => ({ at: event.createdAt, event })),
  ];
  // A message stands before the event that it caused at the same moment.
  return entries.sort((a, b) => a.at.localeCompare(b.at) || Number("event" in a) - Number("event" in b));
}
