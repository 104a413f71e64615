import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api } from "~/api/client";
import { useLiveEvents } from "~/live/bus";
import type { LiveEvent } from "~/live/frames";
import { useConnection, useTopic } from "~/live/socket";
import { coalesce } from "./coalesce";
import { RunningWords } from "./running-words";

/** The list is loaded again at most this often, however much happens. */
const LIST_PAUSE_MS = 1_000;
/** The same for the call that somebody watches. */
const CALL_PAUSE_MS = 300;
/** How often the list is asked for by itself, with and without the event socket. */
const QUIET_MS = 60_000;
const BLIND_MS = 5_000;

/** A call with all its turns. */
export function callQuery(id: string) {
  return api.queryOptions("get", "/api/calls/{id}", { params: { path: { id } } });
}

/** Loads a call again when something happened in it, one request at a time. */
function useCallRefresh(id: string | null): () => void {
  const queries = useQueryClient();
  const refresh = useMemo(
    () => coalesce(() => (id ? queries.invalidateQueries(callQuery(id)) : Promise.resolve()), CALL_PAUSE_MS),
    [queries, id],
  );
  useEffect(() => refresh.cancel, [refresh]);
  return refresh.call;
}

/** Takes note of what an event says of words that run; gives the call whose row it changed. */
function follow(words: RunningWords, event: LiveEvent): string | null {
  switch (event.type) {
    case "call.partial": {
      const { callId, speaker, agent, text } = event.data;
      words.note(callId, speaker, agent, text);
      return null;
    }
    case "call.turn": {
      const { callId, speaker = "", seq } = event.data;
      if (seq !== undefined) words.settle(callId, speaker, seq);
      return callId;
    }
    case "call.started":
    case "call.updated":
    case "call.agent_changed":
    case "call.ended":
      return event.data.callId;
    default:
      return null;
  }
}

/** Every call in progress, the words that run in each, and the one that is watched kept up to date. */
export function useLiveCalls(watched: string | null) {
  const queries = useQueryClient();
  const [words] = useState(() => new RunningWords());
  const refresh = useMemo(
    () => coalesce(() => queries.invalidateQueries({ queryKey: ["get", "/api/calls/live"] }), LIST_PAUSE_MS),
    [queries],
  );
  useEffect(() => refresh.cancel, [refresh]);
  const refreshWatched = useCallRefresh(watched);
  const connection = useConnection();
  useTopic("calls");
  useLiveEvents((event) => {
    // What was missed is loaded again by the page itself.
    const callId = event && follow(words, event);
    if (!callId) return;
    refresh.call();
    if (callId === watched) refreshWatched();
  });
  const list = api.useQuery(
    "get",
    "/api/calls/live",
    {},
    { refetchInterval: connection === "open" ? QUIET_MS : BLIND_MS, refetchOnMount: "always" },
  );
  const calls = list.data?.items;
  useEffect(() => {
    if (calls) words.keep(new Set(calls.map(({ id }) => id)));
  }, [calls, words]);
  return { list, words, connection };
}

/** The words that run in one call, which is kept up to date. */
export function useOneCall(id: string): RunningWords {
  const [words] = useState(() => new RunningWords());
  const refresh = useCallRefresh(id);
  useTopic(`calls:${id}`);
  useLiveEvents((event) => {
    // Other pages may have asked for other calls.
    if (!event || !("callId" in event.data) || event.data.callId !== id) return;
    if (follow(words, event)) refresh();
  });
  return words;
}
