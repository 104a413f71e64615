import { useListLive } from "~/live/use-list-live";
import { useCallEvents } from "~/live/call-events";
import type { CallSearch } from "./search";
import { type CallLine, callList } from "./use-call-list";

/** However much is spoken in the desk, the beginning of the list is looked at at most this often. */
const PAUSE_MS = 1_500;

/** Keeps the list of calls up to date without moving anything. */
export function useCallListLive(search: CallSearch, shown: { key: string; rows: CallLine[] }, visible: () => string[]) {
  const { changed, ...live } = useListLive({ list: callList, search, shown, visible, pauseMs: PAUSE_MS });
  useCallEvents("calls", {
    onEvent: (event) => {
      // What was said is not in a row, but whose turn it is to speak with the caller, and how they feel.
      if (event?.type !== "call.turn") changed(event?.data.callId ?? null);
    },
  });
  return live;
}
