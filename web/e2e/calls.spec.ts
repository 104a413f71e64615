import { readFileSync } from "node:fs";
import type { APIRequestContext, Page } from "@playwright/test";
import { session } from "./desk";
import { enter, expect, expectAccessible, test } from "./fixtures";

interface Call {
  id: string;
  contact: { name: string } | null;
  organization: { id: string; name: string } | null;
  device: { id: string; name: string } | null;
  ticket: { id: string; label: string; subject: string } | null;
  turnCount: number;
  interruptions: number;
}

interface Turn {
  seq: number;
  speaker: string;
  text: string;
  interrupted: boolean;
}

/** Asks the server as a program would. */
async function asker(request: APIRequestContext, email = "agent@demo.test") {
  const { headers } = await session(request, email);
  return async <T>(path: string): Promise<T> => {
    const answer = await request.get(path, { headers });
    expect(answer.status(), path).toBe(200);
    return (await answer.json()) as T;
  };
}

type Ask = Awaited<ReturnType<typeof asker>>;

function list(page: Page) {
  return page.getByRole("region", { name: "Calls", exact: true }).getByRole("link");
}

/** How many calls the list behind an address has. */
async function totalAt(ask: Ask, address: string): Promise<number> {
  const search = new URL(address).searchParams;
  const query = new URLSearchParams({ count: "exact", limit: "1" });
  // The page writes texts that look like something else in quotation marks.
  for (const [name, value] of search) query.set(name, value.replace(/^"(.*)"$/, "$1"));
  return (await ask<{ total: number }>(`/api/calls?${query.toString()}`)).total;
}

test("the list of calls: filters in the address, what was said is found, keys", async ({ page, request }) => {
  const ask = await asker(request);
  const all = await ask<{ total: number; items: Call[] }>("/api/calls?count=exact&limit=100");
  expect(all.total).toBeGreaterThanOrEqual(40);
  await enter(page, "agent@demo.test");
  await page.getByRole("link", { name: "Call history" }).click();
  await expect(page.getByRole("heading", { name: "Call history", level: 1 })).toBeVisible();
  await expect(list(page).first()).toBeVisible();
  await expectAccessible(page);

  await test.step("a filter", async () => {
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("menuitem", { name: "Outcome" }).click();
    await page.getByRole("menuitemcheckbox", { name: "To a person" }).click();
    await page.keyboard.press("Escape");
    await expect(page).toHaveURL(/resolution=ESCALATED/);
    const found = await ask<{ total: number }>("/api/calls?resolution=ESCALATED&count=exact");
    expect(found.total).toBeGreaterThan(0);
    await expect(list(page)).toHaveCount(found.total);
    await page.getByRole("button", { name: "Clear" }).click();
    await expect(page).not.toHaveURL(/resolution/);
  });

  await test.step("words that were said", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("speak to a person");
    await expect(page).toHaveURL(/q=speak/);
    const found = await ask<{ total: number }>("/api/calls?q=speak+to+a+person&count=exact");
    await expect(list(page)).toHaveCount(found.total);
    await expect(list(page).first().locator("mark", { hasText: "speak" })).toBeVisible();
    await list(page).first().click();
    const transcript = page.getByRole("region", { name: "Transcript" });
    await expect(transcript.locator("mark", { hasText: "person" }).first()).toBeInViewport();
    await page.goto("/calls?q=zzxxyy");
    await expect(page.getByText("No call fits these filters.")).toBeVisible();
    await page.getByRole("button", { name: "Clear filters" }).click();
  });

  await test.step("keys", async () => {
    await expect(list(page).first()).toBeVisible();
    await page.keyboard.press("j");
    await expect(list(page).nth(0)).toBeFocused();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await expect(list(page).nth(1)).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(new RegExp(`/calls/${String(all.items[1]?.id)}`));
    await expect(page.getByRole("region", { name: "Transcript" })).toBeVisible();
  });
});

test("a call: everything that was said, what came of it, the files, to its ticket and back to the turn", async ({
  page,
  request,
}) => {
  const ask = await asker(request);
  const { items } = await ask<{ items: Call[] }>("/api/calls?resolution=TICKETED&limit=1");
  const call = items[0];
  if (!call?.ticket) throw new Error("the demo data has no call with a ticket any more");
  const { ticket } = call;
  const detail = await ask<{ turns: Turn[]; modelCostUsd: number; telephonyCostUsd: number; summary: string }>(
    `/api/calls/${call.id}`,
  );
  await enter(page, "agent@demo.test", `/calls/${call.id}`);
  const transcript = page.getByRole("region", { name: "Transcript" });
  const said = detail.turns.filter(({ speaker }) => speaker !== "TOOL");
  await expect(transcript.locator("li[data-speaker]")).toHaveCount(said.length);
  await expect(transcript.getByText("Create ticket")).toBeVisible();
  await expect(page.getByRole("region", { name: "Summary" })).toContainText(detail.summary);
  const together = page.getByRole("table", { name: "Cost by model" }).getByRole("row", { name: /Together/ });
  const cost = Number((await together.textContent())?.replace(/[^\d.]/g, ""));
  expect(cost).toBeCloseTo(detail.modelCostUsd + detail.telephonyCostUsd, 3);
  await expectAccessible(page);

  for (const [item, ending, path] of [
    ["Text", "txt", "text"],
    ["JSON", "json", "json"],
    ["Subtitles (WebVTT)", "vtt", "vtt"],
  ] as const) {
    await test.step(`the transcript as ${item}`, async () => {
      await page.getByRole("button", { name: "Save" }).click();
      const saving = page.waitForEvent("download");
      await page.getByRole("menuitem", { name: item }).click();
      const file = await saving;
      expect(file.suggestedFilename()).toMatch(new RegExp(`^call-[\\d-]+\\.${ending}$`));
      const { headers } = await session(request, "agent@demo.test");
      const told = await request.get(`/api/calls/${call.id}/transcript?format=${path}`, { headers });
      expect(readFileSync(await file.path(), "utf8")).toBe(await told.text());
    });
  }

  await test.step("to the ticket, and back to the turn in which it was filed", async () => {
    await transcript.getByRole("link", { name: ticket.label }).click();
    await expect(page.getByRole("heading", { name: ticket.subject, level: 1 })).toBeVisible();
    await page.getByRole("tab", { name: "Details" }).click();
    await page.getByRole("link", { name: /^Call of/ }).click();
    await expect(page).toHaveURL(new RegExp(`/calls/${call.id}`));
    const filed = detail.turns.find(({ text }) => text.startsWith("create_ticket"));
    await expect(page.locator(`#turn-${String(filed?.seq)}`)).toBeFocused();
    await expect(page.locator(`#turn-${String(filed?.seq)}`)).toHaveAttribute("aria-current", "true");
  });

  await test.step("the time of a turn is a link to it", async () => {
    await transcript
      .getByRole("button", { name: /^Link to/ })
      .nth(2)
      .click();
    await expect(page).toHaveURL(/turn=\d+/);
    await page.reload();
    await expect(transcript.locator("[aria-current]")).toBeInViewport();
  });
});

test("a sentence that the caller cut short is shown as cut", async ({ page, request }) => {
  const ask = await asker(request);
  const { items } = await ask<{ items: Call[] }>("/api/calls?limit=100&resolution=RESOLVED");
  const call = items.find(({ interruptions }) => interruptions > 0);
  if (!call) throw new Error("the demo data has no call with an interruption any more");
  await enter(page, "agent@demo.test", `/calls/${call.id}`);
  const detail = await ask<{ turns: Turn[] }>(`/api/calls/${call.id}`);
  const cut = detail.turns.filter(({ interrupted }) => interrupted);
  await expect(page.locator("li[data-cut]")).toHaveCount(cut.length);
  await expect(page.getByRole("list", { name: "Where the caller cut in" }).getByRole("listitem")).toHaveCount(
    cut.length,
  );
});

test("a call that goes on comes into the list and grows", async ({ page, request }) => {
  const { headers } = await session(request, "agent@demo.test");
  await enter(page, "agent@demo.test");
  await page.getByRole("link", { name: "Call history" }).click();
  await expect(list(page).first()).toBeVisible();
  const answer = await request.post("/api/calls", { headers, data: { mode: "text" } });
  expect(answer.status()).toBe(201);
  const { callId, token } = (await answer.json()) as { callId: string; token: string };
  await page.getByRole("button", { name: /^\d+ new$/ }).click();
  await list(page).first().click();
  await expect(page).toHaveURL(new RegExp(callId));
  const speak = (text: string) =>
    page.evaluate((voicePrompt) => {
      const { call } = window as unknown as { call: WebSocket };
      call.send(JSON.stringify({ type: "prompt", voicePrompt, lang: "en-US", last: true }));
    }, text);
  await page.evaluate(
    ({ id, secret }) =>
      new Promise<void>((resolve) => {
        const address = new URL(`/api/calls/${id}/stream`, location.href);
        address.protocol = "ws:";
        const call = new WebSocket(address, ["patchcord.call.v1", `token.${secret}`]);
        (window as unknown as { call: WebSocket }).call = call;
        call.onopen = () => {
          call.send(JSON.stringify({ type: "setup", sessionId: "s", callSid: "CA", customParameters: {} }));
          resolve();
        };
      }),
    { id: callId, secret: token },
  );
  const turns = page.getByRole("region", { name: "Transcript" }).locator("li[data-speaker]");
  await expect(turns.first()).toBeVisible();
  await speak("My printer is jammed, the light blinks orange.");
  await expect(turns.filter({ hasText: "the light blinks orange" })).toBeVisible();
  await page.evaluate(() => (window as unknown as { call: WebSocket }).call.close());
  await expect(page.getByRole("region", { name: "Summary" })).toBeVisible({ timeout: 20_000 });
});

test("charts of calls: the numbers are the server's, and each leads to as many calls", async ({ page, request }) => {
  const ask = await asker(request);
  await enter(page, "agent@demo.test");
  await page.getByRole("link", { name: "Analytics" }).click();
  const outcomes = page.getByRole("region", { name: "What became of calls", exact: true });
  await expect(outcomes.getByRole("link").first()).toBeVisible();

  interface Day {
    day: string;
    from: string;
    to: string;
    calls: number;
    resolved: number;
    ticketed: number;
    escalated: number;
    abandoned: number;
    unknown: number;
    positive: number;
    neutral: number;
    negative: number;
  }
  const asking = page.waitForResponse((response) => response.url().includes("/api/dashboard/calls"));
  await page.reload();
  const figures = (await (await asking).json()) as {
    days: Day[];
    agents: { agent: string; calls: number; resolved: number; handedOff: number }[];
  };
  const sum = (of: (day: Day) => number) => figures.days.reduce((total, day) => total + of(day), 0);
  const from = String(figures.days[0]?.from);
  const to = String(figures.days.at(-1)?.to);
  const total = sum((day) => day.calls);
  // Some are older than the days that are shown.
  expect(total).toBeGreaterThanOrEqual(30);

  const numbers = async (title: string) => {
    const card = page.getByRole("region", { name: title, exact: true });
    await card.getByRole("button", { name: /as a table/ }).click();
    const rows = card.getByRole("table").getByRole("row");
    return rows.evaluateAll((all) =>
      all.slice(1).map((row) => [...row.querySelectorAll("th, td")].map((cell) => String(cell.textContent))),
    );
  };
  const column = (rows: string[][], at: number) => rows.reduce((all, row) => all + Number(row[at]), 0);

  await test.step("what became of calls", async () => {
    const rows = await numbers("What became of calls");
    const told = [
      sum((day) => day.resolved),
      sum((day) => day.ticketed),
      sum((day) => day.escalated),
      sum((day) => day.abandoned),
      sum((day) => day.unknown),
    ];
    expect(rows.map((row) => Number(row[1]))).toEqual(told);
    expect(told.reduce((all, one) => all + one, 0)).toBe(total);
    const link = outcomes.getByRole("row", { name: /Solved by AI/ }).getByRole("link");
    await link.click();
    await expect(page).toHaveURL(/resolution=RESOLVED/);
    expect(await totalAt(ask, page.url())).toBe(told[0]);
    await page.goBack();
  });

  await test.step("over time, by outcome and by mood", async () => {
    const rows = await numbers("Outcome of calls over time");
    expect(column(rows, 1)).toBe(sum((day) => day.resolved));
    expect(column(rows, 2)).toBe(sum((day) => day.ticketed));
    const moods = await numbers("How content callers are");
    expect([1, 2, 3].map((at) => column(moods, at))).toEqual([
      sum((day) => day.positive),
      sum((day) => day.neutral),
      sum((day) => day.negative),
    ]);
    const card = page.getByRole("region", { name: "How content callers are", exact: true });
    const link = card.getByRole("link").last();
    const shown = Number(await link.textContent());
    await link.click();
    await expect(page).toHaveURL(/sentiment=/);
    expect(await totalAt(ask, page.url())).toBe(shown);
    await page.goBack();
  });

  await test.step("when people call, on the clocks of a chosen zone", async () => {
    await page.getByRole("combobox", { name: "Time zone of hours" }).click();
    await page.getByRole("combobox", { name: "Time zone of hours" }).fill("Tokyo");
    await page.getByRole("option", { name: "Asia/Tokyo" }).click();
    await expect(page).toHaveURL(/zone=Asia/);
    const card = page.getByRole("region", { name: "When people call" });
    await expect(card.getByText("Asia/Tokyo", { exact: false })).toBeVisible();
    const rows = await numbers("When people call");
    expect(rows.map((row) => row[0])).toEqual(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
    const cells = rows.flatMap((row) => row.slice(1).map(Number));
    expect(cells.reduce((all, one) => all + one, 0)).toBe(total);
    const link = card.getByRole("link").first();
    const shown = Number(await link.textContent());
    await link.click();
    await expect(page).toHaveURL(/weekday=\d.*hour=\d|hour=\d.*weekday=\d/);
    expect(await totalAt(ask, page.url())).toBe(shown);
    await expect(list(page)).toHaveCount(shown);
    await page.goBack();
  });

  await test.step("voice agents, and the file of a chart", async () => {
    const rows = await numbers("Voice agents");
    expect(rows.map((row) => Number(row[1]))).toEqual(figures.agents.map(({ calls }) => calls));
    const card = page.getByRole("region", { name: "Voice agents" });
    const saving = page.waitForEvent("download");
    await card.getByRole("button", { name: /save as CSV/ }).click();
    const lines = readFileSync(await (await saving).path(), "utf8")
      .trim()
      .split("\r\n");
    expect(lines).toHaveLength(figures.agents.length + 1);
    const link = card.getByRole("link").first();
    await link.click();
    await expect(page).toHaveURL(/agent=/);
    expect(await totalAt(ask, page.url())).toBe(figures.agents[0]?.calls);
    await page.goBack();
    // A call counts once in the list, however often that agent handed it on.
    const handing = figures.agents.findIndex((one) => one.handedOff > 0);
    await numbers("Voice agents");
    await card
      .getByRole("row")
      .nth(1 + handing)
      .getByRole("link")
      .last()
      .click();
    await expect(page).toHaveURL(/handedOnBy=/);
    const handedOn = await totalAt(ask, page.url());
    expect(handedOn).toBeGreaterThan(0);
    expect(handedOn).toBeLessThanOrEqual(figures.agents[handing]?.handedOff ?? 0);
    await page.goBack();
  });

  await test.step("the numbers above", async () => {
    const card = page.getByRole("link", { name: /^Handed to a person/ });
    await expect(card).toContainText("%");
    await card.click();
    await expect(page).toHaveURL(/wasEscalated/);
    const escalated = await ask<{ total: number }>(
      `/api/calls?wasEscalated=true&dateFrom=${from}&dateTo=${to}&count=exact`,
    );
    expect(await totalAt(ask, page.url())).toBe(escalated.total);
    await expect(list(page)).toHaveCount(escalated.total);
    await page.goBack();
    await expectAccessible(page);
  });
});

test("anything is found by what is on its label, and shows its calls and tickets", async ({ page, request }) => {
  const ask = await asker(request);
  const { items: withDevice } = await ask<{ items: Call[] }>("/api/calls?resolution=TICKETED&limit=100");
  const call = withDevice.find(({ device }) => device !== null);
  if (!call?.device || !call.organization || !call.contact)
    throw new Error("the demo data has no call about a device any more");
  const device = await ask<Record<"name" | "serialNumber" | "assetTag" | "ipAddress", string>>(
    `/api/devices/${call.device.id}`,
  );
  const organization = await ask<{ ueCode: string; name: string }>(`/api/organizations/${call.organization.id}`);
  const contacts = await ask<{ items: { name: string; phone: string | null }[] }>(
    `/api/contacts?q=${encodeURIComponent(call.contact.name)}`,
  );
  const contact = contacts.items.find(({ phone }) => phone !== null);
  await enter(page, "agent@demo.test");
  await expect(page.getByRole("link", { name: "Call history" })).toBeVisible();

  for (const [key, text, name] of [
    ["U-E code", organization.ueCode, organization.name],
    ["phone", contact?.phone, contact?.name],
    ["serial number", device.serialNumber, device.name],
    ["asset tag", device.assetTag, device.name],
    ["host name", device.name, device.name],
    ["address", device.ipAddress, device.name],
  ] as const) {
    await test.step(`by ${key}`, async () => {
      await page.keyboard.press("Control+k");
      await expect(page.getByRole("combobox", { name: "Search or jump to" })).toBeFocused();
      await page.keyboard.type(String(text));
      const option = page.getByRole("option", { name: String(name) }).first();
      await expect(option).toBeVisible();
      await option.click();
      await expect(page.getByRole("heading", { name: String(name), level: 1 })).toBeVisible();
    });
  }

  await test.step("the device: its state, its tickets, its calls", async () => {
    await page.goto(`/devices/${String(call.device?.id)}`);
    const tickets = page.getByRole("table", { name: "Tickets" });
    await expect(tickets.getByRole("link", { name: String(call.ticket?.subject) })).toBeVisible();
    const { total } = await ask<{ total: number }>(`/api/tickets?deviceId=${String(call.device?.id)}&count=exact`);
    await expect(tickets.getByRole("row")).toHaveCount(Math.min(10, total) + 1);
    await expect(page.getByText("Health", { exact: true })).toBeVisible();
    await expectAccessible(page);
    await page
      .getByRole("region", { name: /: content$/ })
      .getByRole("link", { name: "All tickets" })
      .click();
    await expect(page).toHaveURL(/deviceId=/);
    await expect(page.getByRole("group", { name: "Filters" })).toContainText(String(call.device?.name));
    await page.goBack();
    await page.getByRole("link", { name: "All calls" }).click();
    await expect(page).toHaveURL(/\/calls\?deviceId=/);
    await expect(page.getByRole("group", { name: "Filters" })).toContainText(String(call.device?.name));
    await expect(list(page).first()).toBeVisible();
  });

  await test.step("the organization and the contact: their calls, and how they are", async () => {
    await page.goto(`/organizations/${String(call.organization?.id)}`);
    await expect(page.getByRole("table", { name: "Calls" }).getByRole("link").first()).toBeVisible();
    await expect(page.getByText(/offline/).first()).toBeVisible();
    await page.getByRole("table", { name: "Calls" }).getByRole("link").first().click();
    await expect(page.getByRole("region", { name: "Transcript" })).toBeVisible();
    await page.getByRole("region", { name: "Customer" }).getByRole("link").first().click();
    await expect(page.getByRole("table", { name: "Calls" })).toBeVisible();
  });
});

test("a viewer reads calls", async ({ page }) => {
  await enter(page, "viewer@demo.test");
  await page.getByRole("link", { name: "Call history" }).click();
  await list(page).first().click();
  await expect(page.getByRole("region", { name: "Transcript" })).toBeVisible();
});
