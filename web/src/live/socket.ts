import { useEffect } from "react";
import { freshToken, refresh } from "~/api/session";
import { Store, useStore } from "~/lib/store";
import { type LiveEvent, isEvent, readFrame } from "./frames";

export type Connection = "connecting" | "open" | "down";

interface Handlers {
  onEvent: (event: LiveEvent) => void;
  /** Too much was missed: everything must be loaded anew. */
  onResync: () => void;
}

/** How long to wait before the first new try; doubled with each, up to the longest, and spread by chance. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The server closes a socket with this code when the session of its token has ended. */
const SESSION_ENDED = 4401;

const connection = new Store<Connection>("connecting");

export function useConnection(): Connection {
  return useStore(connection);
}

/** What this page shows, told to the server with every new connection. */
let shown: Look | null = null;
let live: WebSocket | null = null;

interface Look {
  ticketId: string;
  isTyping: boolean;
}

/** Tells the others which ticket this page shows; null for none. */
export function look(at: Look | null): void {
  shown = at;
  sendLook();
}

function sendLook(): void {
  if (live?.readyState !== WebSocket.OPEN) return;
  live.send(JSON.stringify({ presence: shown ?? {} }));
}

/** What the server is asked to tell: tickets everywhere, the rest where somebody looks at it. */
const topics = new Map<string, number>([["tickets", 1]]);
const asked = new Set<string>();
let newest: string | null = null;

/** Hears of a topic while the component is shown: `calls` tells of every call, and of the words as they are spoken. */
export function useTopic(topic: "calls"): void {
  useEffect(() => {
    topics.set(topic, (topics.get(topic) ?? 0) + 1);
    askForMore();
    return () => {
      const rest = (topics.get(topic) ?? 1) - 1;
      if (rest > 0) topics.set(topic, rest);
      else topics.delete(topic);
    };
  }, [topic]);
}

/** Asks for topics that came after the socket was opened. A socket keeps what it was asked for until it is closed. */
function askForMore(): void {
  const more = [...topics.keys()].filter((topic) => !asked.has(topic));
  if (more.length > 0 && live?.readyState === WebSocket.OPEN) live.send(wish(more));
}

/** What happened since the newest event comes as well, so that nothing falls between the page and its subscription. */
function wish(subscribe: string[]): string {
  for (const topic of subscribe) asked.add(topic);
  return JSON.stringify(newest ? { subscribe, lastEventId: newest } : { subscribe });
}

/** Keeps the event socket open until the returned function is called. */
export function listen({ onEvent, onResync }: Handlers): () => void {
  let stopped = false;
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let renewToken = false;

  async function open() {
    let token: string | null;
    try {
      token = renewToken ? ((await refresh())?.token ?? null) : await freshToken();
      renewToken = false;
    } catch {
      return retry();
    }
    // Without a session there is nothing to listen to; the page goes to the sign-in page by itself.
    if (stopped || !token) return;
    const address = new URL("/api/events", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const current = new WebSocket(address, ["patchcord.v1", `bearer.${token}`]);
    socket = current;
    current.onopen = () => {
      asked.clear();
      current.send(wish([...topics.keys()]));
    };
    current.onmessage = (message) => {
      const frame = readFrame(String(message.data));
      if (!frame) return;
      if ("id" in frame) newest = frame.id;
      if (isEvent(frame)) onEvent(frame);
      else if (frame.type === "resync") onResync();
      else if (frame.type === "subscribed") opened();
    };
    current.onclose = ({ code }) => {
      live = null;
      // A handshake that is refused again and again may mean that the token was revoked.
      renewToken = code === SESSION_ENDED || failures > 1;
      if (!stopped) retry();
    };
  }

  function opened() {
    // Without an event to go on from, nobody knows what happened between loading the page and now.
    if (!newest) onResync();
    failures = 0;
    connection.set("open");
    live = socket;
    askForMore();
    if (shown) sendLook();
  }

  function retry() {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2);
    failures += 1;
    connection.set("down");
    timer = setTimeout(() => void open(), wait);
  }

  /** The network is back: no need to wait for the timer. */
  function hurry() {
    if (connection.get() !== "down") return;
    clearTimeout(timer);
    failures = 0;
    void open();
  }

  newest = null;
  connection.set("connecting");
  window.addEventListener("online", hurry);
  void open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    window.removeEventListener("online", hurry);
    socket?.close(1000);
  };
}
