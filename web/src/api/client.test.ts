import { beforeEach, expect, test } from "vitest";
import { json, problem, serve, session } from "~/test/server";
import { client } from "./client";
import { Problem } from "./problem";
import { currentToken, signIn, signOut } from "./session";

/** A server that knows one access token at a time and gives a new one at each refresh. */
function serverWithTokens() {
  let count = 1;
  let valid = "token-1";
  const calls = serve({
    "POST /api/auth/login": () => session(valid),
    "POST /api/auth/logout": () => new Response(null, { status: 204 }),
    "POST /api/auth/refresh": async () => {
      await new Promise((done) => setTimeout(done, 5));
      count += 1;
      valid = `token-${String(count)}`;
      return session(valid);
    },
    "GET /api/lookups": ({ token }) =>
      token === `Bearer ${valid}` ? json({ statuses: [] }) : problem(401, "token_expired"),
    "POST /api/tickets": ({ token }) => (token === `Bearer ${valid}` ? json({}, 201) : problem(401, "token_expired")),
  });
  return { calls, expire: () => (valid = "another") };
}

beforeEach(async () => {
  serve({ "POST /api/auth/logout": () => new Response(null, { status: 204 }) });
  await signOut();
});

test("requests carry the access token", async () => {
  const { calls } = serverWithTokens();
  await signIn("agent@demo.test", "secret");
  await client.GET("/api/lookups");
  expect(calls.at(-1)).toMatchObject({ path: "/api/lookups", token: "Bearer token-1" });
});

test("an expired token is renewed once for all requests under way, and each is tried again", async () => {
  const { calls, expire } = serverWithTokens();
  await signIn("agent@demo.test", "secret");
  expire();
  const answers = await Promise.all([1, 2, 3].map(() => client.GET("/api/lookups")));
  expect(answers.map(({ response }) => response.status)).toEqual([200, 200, 200]);
  expect(calls.filter(({ path }) => path === "/api/auth/refresh")).toHaveLength(1);
});

test("the body and the key of a request are sent again with it", async () => {
  const { calls, expire } = serverWithTokens();
  await signIn("agent@demo.test", "secret");
  expire();
  const body = { subject: "VPN", message: "It drops" };
  await client.POST("/api/tickets", { params: { header: { "Idempotency-Key": "key-1" } }, body });
  const sent = calls.filter(({ path }) => path === "/api/tickets");
  expect(sent).toMatchObject([
    { body, key: "key-1", token: "Bearer token-1" },
    { body, key: "key-1", token: "Bearer token-2" },
  ]);
});

test("a session that cannot go on ends, and the request fails with the server's words", async () => {
  serve({
    "POST /api/auth/login": () => session("token-1"),
    "POST /api/auth/refresh": () => problem(401, "session_missing"),
    "GET /api/lookups": () => problem(401, "token_expired"),
  });
  await signIn("agent@demo.test", "secret");
  await expect(client.GET("/api/lookups")).rejects.toMatchObject({ status: 401, code: "token_expired" });
  expect(currentToken()).toBeNull();
});

test("a server error while renewing does not sign anybody out", async () => {
  serve({
    "POST /api/auth/login": () => session("token-1"),
    "POST /api/auth/refresh": () => problem(503, "unavailable"),
    "GET /api/lookups": () => problem(401, "token_expired"),
  });
  await signIn("agent@demo.test", "secret");
  await expect(client.GET("/api/lookups")).rejects.toMatchObject({ status: 503 });
  expect(currentToken()).toBe("token-1");
});

test("both shapes of refusals are read", async () => {
  const errors = [{ field: "subject", message: "is too short" }];
  const details = await Problem.from(problem(422, "validation_failed", { errors }));
  expect(details).toMatchObject({ message: "refused: validation_failed", requestId: "r-1" });
  expect(details.byField()).toEqual({ subject: "is too short" });
  const envelope = await Problem.from(json({ ok: false, error: "no such ticket", code: "not_found" }, 404));
  expect(envelope).toMatchObject({ message: "no such ticket", code: "not_found" });
  const html = await Problem.from(new Response("<h1>Bad gateway</h1>", { status: 502 }));
  expect(html).toMatchObject({ message: "The server answered with status 502.", code: "http_502" });
});

test("an unreachable server is told as such", async () => {
  serverWithTokens();
  await signIn("agent@demo.test", "secret");
  serve({
    "GET /api/lookups": () => {
      throw new TypeError("Failed to fetch");
    },
  });
  await expect(client.GET("/api/lookups")).rejects.toMatchObject({ code: "unreachable", status: 0 });
});
