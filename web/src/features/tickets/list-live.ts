import { useLiveEvents } from "~/live/bus";
import { useListLive } from "~/live/use-list-live";
import type { TicketLine } from "~/api/client";
import type { TicketSearch } from "./search";
import { ticketList } from "./use-ticket-list";

/** However much happens in the desk, the beginning of the list is looked at at most this often. */
const PAUSE_MS = 1_000;

/** Keeps the list of tickets up to date without moving anything. */
export function useTicketListLive(
  search: TicketSearch,
  shown: { key: string; rows: TicketLine[] },
  visible: () => string[],
) {
  const { changed, ...live } = useListLive({ list: ticketList, search, shown, visible, pauseMs: PAUSE_MS });
  useLiveEvents((event) => {
    if (event && (!event.type.startsWith("ticket.") || event.type === "ticket.presence")) return;
    changed(event?.data.ticketId ?? null);
  });
  return live;
}
