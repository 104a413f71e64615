import { readFileSync } from "node:fs";
import { type APIRequestContext, type Page, expect } from "@playwright/test";

/** Every address of the page, as its own list of routes has them: a new page is here by itself. */
export function routes(): string[] {
  const tree = readFileSync(new URL("../src/routeTree.gen.ts", import.meta.url), "utf8");
  const union = /\n {2}to:\n([\s\S]*?)\n {2}id:/.exec(tree)?.[1] ?? "";
  const found = [...union.matchAll(/'([^']+)'/g)].map((match) => String(match[1]));
  if (found.length < 10) throw new Error("the list of routes is not where it was");
  // These two lead elsewhere.
  return found.filter((route) => route !== "/" && route !== "/settings");
}

/** Where nobody is signed in. */
export const PUBLIC = ["/sign-in", "/accept-invitation"];

type Sample = (
  get: (path: string) => Promise<{ items: { id: string }[] }>,
  post: (path: string, data: object) => Promise<{ id: string }>,
) => Promise<string>;

const first =
  (list: string): Sample =>
  async (get) =>
    (await get(list)).items[0]?.id ?? "none";

/** What stands in the address for a parameter. */
const SAMPLES: Record<string, Sample> = {
  $ticket: async () => "TKT-0001",
  $contact: first("/api/contacts?limit=1"),
  $organization: first("/api/organizations?limit=1"),
  $device: first("/api/devices?limit=1"),
  $webhook: async (_get, post) =>
    (await post("/api/webhooks", { url: "https://hooks.example.com/desk", events: ["*"], disabled: true })).id,
  $call: first("/api/calls?limit=1&resolution=TICKETED"),
  $article: first("/api/kb/articles?limit=1&status=PUBLISHED"),
};

/** Makes real addresses out of routes, with rows that are there. */
export async function addresses(
  request: APIRequestContext,
  wanted: string[],
): Promise<{ route: string; path: string }[]> {
  const headers = { Authorization: `Bearer ${await tokenOf(request, "admin@demo.test")}` };
  const get = async (path: string) => (await (await request.get(path, { headers })).json()) as never;
  const post = async (path: string, data: object) =>
    (await (await request.post(path, { headers, data })).json()) as never;
  return Promise.all(
    wanted.map(async (route) => {
      const parts = await Promise.all(
        route.split("/").map(async (part) => {
          if (!part.startsWith("$")) return part;
          const sample = SAMPLES[part];
          if (!sample) throw new Error(`e2e/pages.ts has no sample for ${part} of ${route}`);
          return sample(get, post);
        }),
      );
      return { route, path: parts.join("/") };
    }),
  );
}

export async function tokenOf(request: APIRequestContext, email: string): Promise<string> {
  const answer = await request.post("/api/auth/login", { data: { email, password: "patchcord-demo" } });
  expect(answer.status()).toBe(200);
  return ((await answer.json()) as { accessToken: string }).accessToken;
}

/** Waits until a page shows what it has: its heading is there and its placeholders are gone. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("heading").first()).toBeVisible();
  await expect(page.locator("[aria-label^='Loading']")).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}

/** A name for a file: `/settings/users` → `settings-users`. */
export function nameOf(route: string): string {
  return route.slice(1).replace(/\$/g, "").replace(/\//g, "-");
}
