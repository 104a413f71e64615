import { vi } from "vitest";
import type { User } from "~/api/session";

export interface Call {
  method: string;
  path: string;
  token: string | null;
  key: string | null;
  body: unknown;
}

type Answer = (call: Call) => Response | Promise<Response>;

/** Stands where the server would: answers by `METHOD /path`, refuses what it does not know, and keeps every call. */
export function serve(answers: Record<string, Answer>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (input: string | Request, init?: RequestInit) => {
    const request = new Request(input instanceof Request ? input : new URL(input, location.href), init);
    const text = await request.text();
    const call: Call = {
      method: request.method,
      path: new URL(request.url).pathname,
      token: request.headers.get("Authorization"),
      key: request.headers.get("Idempotency-Key"),
      body: text === "" ? null : JSON.parse(text),
    };
    calls.push(call);
    const answer = answers[`${call.method} ${call.path}`];
    if (!answer) return problem(404, "no_such_route");
    return answer(call);
  });
  return calls;
}

export function json(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

export function problem(status: number, code: string, more: object = {}): Response {
  return Response.json({ status, code, detail: `refused: ${code}`, requestId: "r-1", ...more }, { status });
}

export const agent: User = {
  id: "user1",
  name: "Sam Kessler",
  email: "agent@demo.test",
  role: "AGENT",
  workspaceId: "ws1",
  workspaceName: "Northwind IT",
  phone: null,
  disabledAt: null,
  lastLoginAt: null,
  createdAt: "2026-11-24T09:00:00Z",
  version: 1,
};

export function session(accessToken: string): Response {
  return json({ accessToken, expiresIn: 900, user: agent });
}
