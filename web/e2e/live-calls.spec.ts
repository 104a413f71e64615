import type { APIRequestContext, Page } from "@playwright/test";
import { session, toast } from "./desk";
import { enter, expect, expectAccessible, test as base } from "./fixtures";
import { Callers } from "./phone";

const test = base.extend<{ callers: Callers }>({
  callers: [
    async ({ request }, provide) => {
      const callers = new Callers();
      await provide(callers);
      // The carrier must be there for what it is asked.
      await endAll(request);
      await callers.stop();
    },
    { auto: true },
  ],
});

/** Hangs up what a test has left behind, so that the next begins with an empty wall. */
async function endAll(request: APIRequestContext) {
  const { headers } = await session(request, "agent@demo.test");
  const live = async () =>
    ((await (await request.get("/api/calls/live", { headers })).json()) as { items: { id: string }[] }).items;
  for (const { id } of await live()) await request.post(`/api/calls/${id}/hangup`, { headers, data: {} });
  await expect.poll(async () => (await live()).length, { timeout: 30_000 }).toBe(0);
}

function cards(page: Page) {
  return page.getByRole("list", { name: "Calls in progress" }).getByRole("listitem");
}

async function watchTheCall(page: Page) {
  await cards(page)
    .getByRole("button", { name: /Watch the call of/ })
    .first()
    .click();
  const panel = page.getByRole("complementary", { name: /Call of/ });
  await expect(panel.getByRole("region", { name: "Transcript" })).toBeVisible();
  return panel;
}

test("the wall fills, words run on it, and it empties", async ({ page, callers }) => {
  test.setTimeout(120_000);
  await enter(page, "viewer@demo.test", "/calls/live");
  await expect(page.getByText("Nobody is calling right now")).toBeVisible();
  callers.call({ scenario: "printer-jam", count: 3, speed: 4 });
  await expect(cards(page)).toHaveCount(3);
  await expect(page.getByText("3 calls in progress")).toBeVisible();
  const running = page.locator("[data-running]");
  await expect(running.first()).toBeVisible();
  // Who it is comes with the code that the caller says, and the device with what the agent finds.
  await expect(cards(page).first()).toContainText("Arbor Legal");
  await expect(cards(page).first()).toContainText("Verified");
  await expect(cards(page).first()).toContainText("Printer");
  await expect(cards(page)).toHaveCount(0, { timeout: 90_000 });
  await expect(page.getByText("Nobody is calling right now")).toBeVisible();
});

test("an operator watches a call word by word, whispers, and hangs up", async ({ page, callers }) => {
  test.setTimeout(120_000);
  await enter(page, "agent@demo.test", "/calls/live");
  callers.call({ scenario: "printer-jam" });
  await expect(cards(page)).toHaveCount(1);
  const panel = await watchTheCall(page);
  const transcript = panel.getByRole("region", { name: "Transcript" });

  await test.step("a sentence grows", async () => {
    const running = transcript.locator("li[data-running]");
    const seen: string[] = [];
    await expect
      .poll(
        async () => {
          const text = await running.textContent({ timeout: 200 }).catch(() => null);
          const before = seen.at(-1);
          if (text && text !== before) {
            if (before && !text.startsWith(before)) seen.length = 0;
            seen.push(text);
          }
          return seen.length;
        },
        { intervals: [50], timeout: 30_000 },
      )
      .toBeGreaterThanOrEqual(4);
  });

  await test.step("whispering", async () => {
    await panel.getByLabel("Whisper to the agent").fill("Offer a new toner");
    await panel.getByRole("button", { name: "Whisper" }).click();
    await expect(toast(page, "the agent hears it within moments")).toBeVisible();
    await expect(transcript.getByText("Offer a new toner")).toBeVisible();
  });

  await test.step("it can be used by everybody", async () => {
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await expectAccessible(page);
  });

  await test.step("hanging up is asked first", async () => {
    await panel.getByRole("button", { name: "Hang up" }).click();
    const dialog = page.getByRole("dialog", { name: "Hang up?" });
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expect(cards(page)).toHaveCount(1);
    await panel.getByRole("button", { name: "Hang up" }).click();
    await dialog.getByRole("button", { name: "Hang up" }).click();
    await expect(panel.getByRole("heading", { name: "This call is over" })).toBeVisible();
    await expect(cards(page)).toHaveCount(0);
    await expect(panel.getByRole("link", { name: "Page of the call" })).toBeVisible();
  });
});

test.describe("taking over", () => {
  test.use({ refusals: [422] });

  test("a caller is put through to one's own telephone", async ({ page, callers, request }) => {
    test.setTimeout(120_000);
    await enter(page, "agent@demo.test", "/calls/live");
    callers.call({ scenario: "printer-jam", speed: 2 });
    const panel = await watchTheCall(page);
    await expect(panel).toContainText("Arbor Legal", { timeout: 30_000 });
    await panel.getByRole("button", { name: "Take over" }).click();
    const dialog = page.getByRole("dialog", { name: /Take over the call of/ });

    await test.step("a number abroad must not be dialled", async () => {
      await dialog.getByText("A number", { exact: true }).click();
      await dialog.getByRole("textbox", { name: "Number" }).fill("+41 44 668 18 00");
      await dialog.getByRole("button", { name: "Put through" }).click();
      await expect(dialog.getByText(/must not be dialled from here/)).toBeVisible();
      await expectAccessible(page);
    });

    await test.step("one's own", async () => {
      await dialog.getByText("My telephone").click();
      await expect(dialog.getByText("It rings at +12025550111.")).toBeVisible();
      await dialog.getByRole("radio", { name: "Cold" }).click();
      await dialog.getByRole("button", { name: "Put through" }).click();
      await expect(toast(page, "The caller is put through")).toBeVisible();
    });

    const id = new URL(page.url()).searchParams.get("call") ?? "";
    const { headers } = await session(request, "agent@demo.test");
    await expect
      .poll(
        async () => {
          const answer = await request.get(`/api/calls/${id}`, { headers });
          const { interactions } = (await answer.json()) as { interactions: { outcome: string | null }[] };
          return interactions.at(-1)?.outcome;
        },
        { timeout: 30_000 },
      )
      .toBe("TRANSFERRED");
    await expect(panel.getByText("The caller was put through to a person.")).toBeVisible();
    await expect(panel.getByRole("button", { name: /Whisper|Take over/ })).toHaveCount(0);
    // The desk asks the carrier to end it now.
    await panel.getByRole("button", { name: "Hang up" }).click();
    await page.getByRole("dialog", { name: "Hang up?" }).getByRole("button", { name: "Hang up" }).click();
    await expect(cards(page)).toHaveCount(0, { timeout: 30_000 });
  });
});

test("a viewer watches and cannot act", async ({ page, callers }) => {
  await enter(page, "viewer@demo.test", "/calls/live");
  await expect(page.getByRole("link", { name: "Call now" })).toHaveCount(1);
  callers.call({ scenario: "printer-jam" });
  const panel = await watchTheCall(page);
  await expect(panel.getByText(/You may watch/)).toBeVisible();
  await expect(panel.getByRole("button", { name: /Whisper|Take over|Hang up/ })).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
  await page.goto("/calls/now");
  await expect(page.getByText("Agents and administrators may call.")).toBeVisible();
});

test("on a phone the call takes the place of the wall", async ({ page, callers }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await enter(page, "agent@demo.test", "/calls/live");
  callers.call({ scenario: "printer-jam" });
  const panel = await watchTheCall(page);
  await expect(cards(page)).toHaveCount(0);
  await expect(panel.getByRole("button", { name: "Hang up" })).toBeInViewport();
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(over).toBeLessThanOrEqual(0);
  await panel.getByRole("button", { name: "Close the call" }).click();
  await expect(cards(page)).toHaveCount(1);
});

test("a call from the browser by text ends in a ticket", async ({ page }) => {
  test.setTimeout(120_000);
  await enter(page, "agent@demo.test", "/calls/now");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  const transcript = page.getByRole("region", { name: "Transcript" });
  const agent = transcript.locator("[data-speaker=AGENT]");
  await expect(page.getByText("Connected")).toBeVisible();
  await expect(agent.first()).toBeVisible();
  const said = page.getByLabel("What you say");
  const say = async (text: string) => {
    const before = await agent.count();
    await said.fill(text);
    await said.press("Enter");
    await expect.poll(() => agent.count(), { timeout: 20_000 }).toBeGreaterThan(before);
    await expect(transcript.locator("[data-running]")).toHaveCount(0);
  };
  await expectAccessible(page);

  for (const key of ["7", "3", "0", "5", "5", "Hash"]) {
    await page.getByRole("group", { name: "Keypad" }).getByRole("button", { name: key }).click();
  }
  await expect(transcript.getByText("73055#")).toBeVisible();
  await expect(transcript.getByText(/Arbor Legal/)).toBeVisible();
  await say("The big printer on our third floor has a paper jam, and it will not print any more.");
  await say("It is the printer ARB-MFP-3F.");
  await say("That did not help. Please open a ticket for it.");
  await expect(transcript.getByText(/I have filed this as ticket number TKT/)).toBeVisible();
  await say("Thank you, that is all.");
  await expect(page.getByRole("heading", { name: "This call is over" })).toBeVisible({ timeout: 30_000 });
  const ticket = page.getByRole("link", { name: /Ticket TKT-/ });
  await expect(ticket).toBeVisible();
  await ticket.click();
  await expect(page.getByRole("region", { name: "Conversation" })).toBeVisible();
});

test("a call by microphone: the desk is heard, keys are understood", async ({ page, request }) => {
  test.setTimeout(120_000);
  await enter(page, "agent@demo.test", "/calls/now");
  await page.getByText("By microphone").click();
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(page.getByText("Connected")).toBeVisible();
  const transcript = page.getByRole("region", { name: "Transcript" });
  // A turn of an agent is written when its sound was played to the end: the marks came back.
  await expect(transcript.locator("li[data-speaker=AGENT]:not([data-running])").first()).toBeVisible({
    timeout: 40_000,
  });
  await page.getByRole("button", { name: "Mute" }).click();
  for (const key of ["7", "3", "0", "5", "5", "Hash"]) {
    await page.getByRole("group", { name: "Keypad" }).getByRole("button", { name: key }).click();
  }
  await expect(transcript.locator("li[data-speaker=AGENT]").getByText(/Arbor Legal/)).toBeVisible({ timeout: 40_000 });
  await expectAccessible(page);
  await page.getByRole("button", { name: "Hang up" }).click();
  await expect(page.getByRole("heading", { name: "This call is over" })).toBeVisible({ timeout: 30_000 });

  const { headers } = await session(request, "agent@demo.test");
  const list = await request.get("/api/calls?engine=REALTIME&limit=1", { headers });
  const [call] = ((await list.json()) as { items: Record<string, unknown>[] }).items;
  expect(call).toMatchObject({ provider: "BROWSER", framesLost: 0, organization: { name: "Arbor Legal LLP" } });
});
