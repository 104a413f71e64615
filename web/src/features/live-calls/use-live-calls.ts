import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api } from "~/api/client";
import { type CallEvent, useCallEvents } from "~/live/call-events";
import { useConnection } from "~/live/socket";
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

/** A turn is final: the words that ran are those. */
function settle(words: RunningWords, { type, data: { callId, speaker, seq } }: CallEvent): void {
  if (type === "call.turn" && speaker && seq !== undefined) words.settle(callId, speaker, seq);
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
  useCallEvents("calls", {
    onWords: ({ callId, speaker, agent, text }) => words.note(callId, speaker, agent, text),
    onEvent: (event) => {
      if (event) settle(words, event);
      refresh.call();
      if (!event || event.data.callId === watched) refreshWatched();
    },
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
  useCallEvents(`calls:${id}`, {
    onWords: ({ speaker, agent, text }) => words.note(id, speaker, agent, text),
    onEvent: (event) => {
      if (event) settle(words, event);
      refresh();
    },
  });
  return words;
}
