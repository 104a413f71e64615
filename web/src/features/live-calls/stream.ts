/** How a call from the page stands. */
export type CallState = "connecting" | "open" | "over";

/** The socket of a call from the page; its token opens it once. */
export function openStream(callId: string, token: string): WebSocket {
  const address = new URL(`/api/calls/${callId}/stream`, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(address, ["patchcord.call.v1", `token.${token}`]);
}

/** A call that somebody holds in the page. */
export interface HeldCall {
  /** Presses a key of the telephone. */
  press: (key: string) => void;
  hangUp: () => void;
}
