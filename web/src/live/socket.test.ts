import { beforeEach, expect, test, vi } from "vitest";
import { stayOpen } from "./socket";

vi.mock("~/api/session", () => ({
  freshToken: () => Promise.resolve("a-token"),
  refresh: () => Promise.resolve(null),
}));

/** The browser's own socket, which opens when a test says so. */
class Socket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static made: Socket[] = [];
  readyState = Socket.CONNECTING;
  readonly sent: string[] = [];
  readonly closed: { code: number; wasConnecting: boolean }[] = [];
  onopen: () => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;

  constructor() {
    Socket.made.push(this);
  }

  open(): void {
    this.readyState = Socket.OPEN;
    this.onopen();
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(code: number): void {
    this.closed.push({ code, wasConnecting: this.readyState === Socket.CONNECTING });
    this.readyState = Socket.CLOSED;
    this.onclose({ code });
  }
}

beforeEach(() => {
  Socket.made = [];
  vi.stubGlobal("WebSocket", Socket);
});

async function start(): Promise<{ stop: () => void; socket: Socket; connections: string[] }> {
  const connections: string[] = [];
  const stop = stayOpen({
    topics: ["calls"],
    read: () => null,
    onFrame: () => undefined,
    onResync: () => undefined,
    onConnection: (now) => connections.push(now),
  });
  await vi.waitFor(() => expect(Socket.made).toHaveLength(1));
  const [socket] = Socket.made;
  if (!socket) throw new Error("there is no socket");
  return { stop, socket, connections };
}

test("a socket that is open subscribes, and is closed when nobody listens any more", async () => {
  const { stop, socket } = await start();
  socket.open();
  expect(socket.sent).toEqual(['{"subscribe":["calls"]}']);
  stop();
  expect(socket.closed).toEqual([{ code: 1000, wasConnecting: false }]);
});

test("a socket that still connects when nobody listens any more is closed once it is open, and not opened anew", async () => {
  const { stop, socket, connections } = await start();
  stop();
  expect(socket.closed).toEqual([]);
  socket.open();
  expect(socket.closed).toEqual([{ code: 1000, wasConnecting: false }]);
  expect(socket.sent).toEqual([]);
  expect(connections).toEqual(["connecting"]);
  expect(Socket.made).toHaveLength(1);
});
