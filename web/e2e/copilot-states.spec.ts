import { type Page } from "@playwright/test";
import { openTicket, session, toast, unique } from "./desk";
import { enter, expect, expectAccessible, test } from "./fixtures";

/** A desk whose model does what a test tells it. */
const server = process.env.PATCHCORD_MODEL_URL ?? "";
const control = process.env.PATCHCORD_MODEL_CONTROL ?? "";

const SUMMARY = "The scanner loses its network whenever the truck passes the gate.";
const ANALYSIS = {
  summary: SUMMARY,
  sentiment: "negative",
  category: "network",
  urgency: "high",
  suggestedActions: ["Look at the access point of the gate"],
};

test.use({ baseURL: server });

async function tell(script: object[]): Promise<void> {
  const answer = await fetch(`${control}/script`, { method: "POST", body: JSON.stringify(script) });
  expect(answer.status).toBe(200);
}

async function release(): Promise<void> {
  await fetch(`${control}/release`, { method: "POST" });
}

/** Signs in and opens a ticket that nobody has asked the copilot about. */
async function open(page: Page, subject: string): Promise<{ id: string; label: string }> {
  const admin = await session(page.request, "admin@demo.test", server);
  const ticket = await openTicket(page.request, admin, { subject: unique(`${subject} `) }, server);
  // The program's session must not be the page's.
  await page.context().clearCookies();
  await enter(page, "agent@demo.test", `/tickets/${ticket.label}`);
  await expect(page.getByTestId("analyze-button")).toBeEnabled();
  return ticket;
}

test("an analysis is queued, processed and complete, while the model holds its answer", async ({ page }) => {
  await open(page, "Scanner at the gate");
  await expect(page.getByTestId("copilot-state")).toHaveCount(0);
  await tell([{ json: ANALYSIS, held: true }]);
  await page.getByTestId("analyze-button").click();
  const state = page.getByTestId("copilot-state");
  await expect(state).toHaveText("Queued...");
  await expect(state).toHaveText("Processing...");
  await expect(page.getByTestId("analysis-summary")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Cancel" })).toBeVisible();
  await release();
  await expect(state).toHaveText("Complete");
  await expect(page.getByTestId("analysis-summary")).toHaveText(SUMMARY);
  const card = page.getByRole("region", { name: "Analysis" });
  await expect(card).toContainText("Negative");
  await expect(card).toContainText("Network");
  await expect(card).toContainText("High urgency");
  await expect(card).toContainText("Look at the access point of the gate");
  await expect(card).toContainText("gpt-4o-mini");
  await expectAccessible(page);
});

test("a job that fails tells why, and can be tried again", async ({ page }) => {
  await open(page, "Nobody answers");
  await tell([{ noSuchModel: true }]);
  await page.getByTestId("analyze-button").click();
  const state = page.getByTestId("copilot-state");
  await expect(state).toHaveText(/^Error: .*model/i);
  await expect(state).toHaveAttribute("data-state", "error");
  await tell([{ json: ANALYSIS }]);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByTestId("analysis-summary")).toHaveText(SUMMARY);
  await page.getByRole("button", { name: /Earlier suggestions/ }).click();
  await expect(page.getByRole("button", { name: /^Analysis/ })).toBeVisible();
});

test("a run is cancelled while the model thinks", async ({ page }) => {
  await open(page, "Never mind");
  await tell([{ json: ANALYSIS, held: true }]);
  await page.getByTestId("analyze-button").click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByTestId("copilot-state")).toHaveText(/^Error: /);
  await release();
  await expect(page.getByTestId("analyze-button")).toBeEnabled();
  await expect(page.getByTestId("analysis-summary")).toHaveCount(0);
});

test.describe("when the server refuses", () => {
  test.use({ refusals: [429] });

  test("there is a message and a toast, and no state", async ({ page }) => {
    await open(page, "Too much");
    await page.route("**/api/copilot/v1/analyze", async (route) => {
      const json = { ok: false, error: "too many requests", code: "rate_limited", requestId: "r-429" };
      await route.fulfill({ status: 429, json });
    });
    await page.getByTestId("analyze-button").click();
    await expect(page.getByTestId("copilot-error")).toHaveText("too many requests");
    await expect(toast(page, "The copilot was not asked")).toContainText("r-429");
    await expect(page.getByTestId("copilot-state")).toHaveCount(0);
    await expectAccessible(page);
  });
});

test("a draft streams in, is inserted, edited and sent, and counts as edited", async ({ page }) => {
  const ticket = await open(page, "Draft me");
  const reply = "Hello, we moved the access point of the gate and watch it until tomorrow. Please tell us if it drops.";
  await tell([{ json: { reply, tone: "friendly", citations: null }, slowlyMs: 60 }]);
  await page.getByRole("button", { name: /^Tone:/ }).click();
  await page.getByRole("menuitemradio", { name: "Friendly" }).click();
  await page.keyboard.press("Escape");
  await page.getByTestId("draft-button").click();
  await expect(page.getByTestId("provisional-text")).toContainText("Hello");
  await expect(page.getByText(/^Provisional:/)).toBeVisible();
  await expect(page.getByLabel("Draft of a reply")).toHaveValue(reply);
  await page.getByTestId("insert-button").click();
  await expect(page.getByText("AI draft, review before sending")).toBeVisible();
  const field = page.getByLabel("Text of the reply");
  await expect(field).toHaveValue(reply);
  await field.press("Control+End");
  await field.pressSequentially(" Thanks!");
  await page.getByRole("button", { name: "Send reply" }).dblclick();
  await expect(field).toHaveValue("");
  const conversation = page.getByRole("region", { name: "Conversation" });
  await expect(conversation.getByText(`${reply} Thanks!`)).toHaveCount(1);
  await expect(conversation.getByText("From a draft")).toBeVisible();

  const agent = await session(page.request, "admin@demo.test", server);
  await expect
    .poll(async () => {
      const answer = await page.request.get(`/api/tickets/${ticket.id}/suggestions`, { headers: agent.headers });
      const { items } = (await answer.json()) as { items: { feedback: string | null; editDistance: number | null }[] };
      return items.map(({ feedback, editDistance }) => [feedback, editDistance]);
    })
    .toEqual([["EDITED", " Thanks!".length]]);
  await expect(page.getByRole("button", { name: "Helpful", exact: true })).toHaveAttribute("aria-pressed", "true");
});
