import { Store, useStore } from "~/lib/store";
import { Problem } from "./problem";
import type { components } from "./schema";

export type User = components["schemas"]["Me"];
type Answer = components["schemas"]["Session"];

/** The access token lives in memory only; a cookie that scripts cannot read carries the session over a reload. */
interface Session {
  user: User;
  token: string;
  /** When the access token ends, in milliseconds since 1970. */
  expiresAt: number;
}

const session = new Store<Session | null>(null);
let refreshing: Promise<Session | null> | null = null;

/** Remembers that this browser has a session, so that the sign-in page need not ask for one that is not there. */
const HINT = "patchcord.session";

function mayHaveSession(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return true;
  }
}

function hint(has: boolean): void {
  try {
    if (has) localStorage.setItem(HINT, "1");
    else localStorage.removeItem(HINT);
  } catch {
    // Without storage the server is asked each time.
  }
}

/** A sign-in elsewhere ends with the session's cookie: the page shall ask for the session when it is loaded again. */
export function expectSession(): void {
  hint(true);
}

/** Tokens are renewed this long before they end, so that none ends on its way. */
const MARGIN_MS = 20_000;

async function post(path: string, body?: unknown): Promise<Response> {
  const init: RequestInit = { method: "POST" };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  try {
    return await fetch(path, init);
  } catch {
    throw Problem.offline();
  }
}

async function accept(response: Response): Promise<Session> {
  const answer = (await response.json()) as Answer;
  const accepted = {
    user: answer.user,
    token: answer.accessToken,
    expiresAt: Date.now() + answer.expiresIn * 1_000,
  };
  session.set(accepted);
  hint(true);
  return accepted;
}

async function goOn(): Promise<Session | null> {
  const response = await post("/api/auth/refresh");
  if (response.ok) return accept(response);
  if (response.status !== 401) throw await Problem.from(response);
  end();
  return null;
}

/**
 * Goes on with the session of the cookie; null when there is none. Callers at the same time share one request, since a
 * refresh token is good for one use.
 */
export function refresh(): Promise<Session | null> {
  refreshing ??= goOn().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

export async function signIn(email: string, password: string): Promise<void> {
  const response = await post("/api/auth/login", { email, password });
  if (!response.ok) throw await Problem.from(response);
  await accept(response);
}

/** Chooses the first password with the token of an invitation, and signs in. */
export async function acceptInvitation(token: string, password: string): Promise<void> {
  const response = await post("/api/auth/invitations/accept", { token, password });
  if (!response.ok) throw await Problem.from(response);
  await accept(response);
}

export async function signOut(): Promise<void> {
  const response = await post("/api/auth/logout");
  if (!response.ok && response.status !== 401) throw await Problem.from(response);
  end();
}

function end(): void {
  hint(false);
  session.set(null);
}

/** Whether somebody is signed in, asking the server when the page was just loaded. */
export async function isSignedIn(): Promise<boolean> {
  if (session.get()) return true;
  return mayHaveSession() && (await refresh()) !== null;
}

/** An access token that is good for a while, or null when nobody is signed in. */
export async function freshToken(): Promise<string | null> {
  const now = session.get();
  if (now && now.expiresAt - Date.now() > MARGIN_MS) return now.token;
  return (await refresh())?.token ?? null;
}

/** The token at hand, for requests that renew it when it is refused. */
export function currentToken(): string | null {
  return session.get()?.token ?? null;
}

/** Who is signed in, for what is kept under their name. */
export function currentUserId(): string | null {
  return session.get()?.user.id ?? null;
}

/** Calls back when the session ends, whoever ended it. */
export function onSignedOut(callback: () => void): () => void {
  let before = session.get();
  return session.subscribe(() => {
    const now = session.get();
    if (before && !now) callback();
    before = now;
  });
}

/** Who is signed in; null on the sign-in page, and for a moment while the session ends. */
export function useUser(): User | null {
  return useStore(session)?.user ?? null;
}

/** Whether the user may work tickets; viewers only read. The server decides, this only hides what it would refuse. */
export function useMayAct(): boolean {
  const role = useUser()?.role;
  return role === "AGENT" || role === "ADMIN";
}

export function useIsAdmin(): boolean {
  return useUser()?.role === "ADMIN";
}
