import { freshToken, refresh } from "~/api/session";
import { Store, useStore } from "~/lib/store";
import { type LiveEvent, isEvent, readFrame } from "./frames";

export type Connection = "connecting" | "open" | "down";

interface Handlers {
  onEvent: (event: LiveEvent) => void;
  /** Too much was missed: everything must be loaded anew. */
  onResync: () => void;
}

/** What somebody wants of an event socket. */
export interface Wish<F> {
  topics: string[];
  /** Reads a frame; null for one that means nothing. */
  read: (text: string) => F | null;
  onFrame: (frame: F) => void;
  onResync: () => void;
  onConnection: (now: Connection) => void;
  /** The socket that can be written to, or that there is none. */
  onSocket?: (socket: WebSocket | null) => void;
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

/** Keeps the page's own event socket open until the returned function is called. */
export function listen({ onEvent, onResync }: Handlers): () => void {
  return stayOpen({
    topics: ["tickets"],
    read: readFrame,
    onFrame: (frame) => {
      if (isEvent(frame)) onEvent(frame);
    },
    onResync,
    onConnection: connection.set,
    onSocket: (socket) => {
      live = socket;
      if (shown) sendLook();
    },
  });
}

/** Keeps an event socket open until the returned function is called. */
export function stayOpen<F extends { type: string; id?: string | undefined }>(wish: Wish<F>): () => void {
  let stopped = false;
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let lastEventId: string | null = null;
  let renewToken = false;
  let isDown = false;

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
      if (stopped) {
        current.close(1000);
        return;
      }
      const subscribe = wish.topics;
      current.send(JSON.stringify(lastEventId ? { subscribe, lastEventId } : { subscribe }));
    };
    current.onmessage = (message) => {
      const frame = wish.read(String(message.data));
      if (!frame) return;
      if (frame.id) lastEventId = frame.id;
      if (frame.type === "resync") wish.onResync();
      else if (frame.type === "subscribed") opened();
      else wish.onFrame(frame);
    };
    current.onclose = ({ code }) => {
      wish.onSocket?.(null);
      // A handshake that is refused again and again may mean that the token was revoked.
      renewToken = code === SESSION_ENDED || failures > 1;
      if (!stopped) retry();
    };
  }

  function opened() {
    // Without an event to go on from, nobody knows what happened between loading the page and now.
    if (!lastEventId) wish.onResync();
    failures = 0;
    isDown = false;
    wish.onConnection("open");
    wish.onSocket?.(socket);
  }

  function retry() {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2);
    failures += 1;
    isDown = true;
    wish.onConnection("down");
    timer = setTimeout(() => void open(), wait);
  }

  /** The network is back: no need to wait for the timer. */
  function hurry() {
    if (!isDown) return;
    clearTimeout(timer);
    failures = 0;
    void open();
  }

  wish.onConnection("connecting");
  window.addEventListener("online", hurry);
  void open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    window.removeEventListener("online", hurry);
    // One that still connects is closed as soon as it is open: before that the browser complains in the console.
    if (socket?.readyState !== WebSocket.CONNECTING) socket?.close(1000);
  };
}
