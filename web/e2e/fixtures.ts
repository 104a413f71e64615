import AxeBuilder from "@axe-core/playwright";
import { type Page, test as base, expect } from "@playwright/test";

export { expect };

interface Options {
  /** Statuses of refusals that the test provokes; the browser writes each into its console. */
  refusals: number[];
}

/** A page whose console must stay free of errors and warnings. */
export const test = base.extend<Options & { page: Page }>({
  refusals: [[], { option: true }],
  page: async ({ page, refusals }, provide) => {
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      const text = message.text();
      if (!refusals.some((status) => text.includes(`responded with a status of ${String(status)}`))) faults.push(text);
    });
    await provide(page);
    expect(faults, "errors and warnings in the console").toEqual([]);
  },
});

/** Signs in on the sign-in page. */
export async function signIn(page: Page, email: string, password = "patchcord-demo"): Promise<void> {
  await page.goto("/");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Opens a page with a session, where the sign-in page is not what the test is about. */
export async function enter(page: Page, email: string, path = "/"): Promise<void> {
  const answer = await page.request.post("/api/auth/login", { data: { email, password: "patchcord-demo" } });
  expect(answer.status()).toBe(200);
  // What the sign-in page leaves behind, once: whoever signs out has no session any more.
  await page.addInitScript(() => {
    if (!location.protocol.startsWith("http") || sessionStorage.getItem("entered")) return;
    sessionStorage.setItem("entered", "1");
    localStorage.setItem("patchcord.session", "1");
  });
  await page.goto(path);
}

/** Faults that keep people out; of every rule, or of those alone that are named. */
export async function violations(page: Page, rules: string[] = []): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const found = await (rules.length > 0 ? axe.withRules(rules) : axe).analyze();
  const bad = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

export async function expectAccessible(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
}
