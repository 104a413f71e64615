import { readFileSync } from "node:fs";
import { session, unique } from "./desk";
import { enter, expect, expectAccessible, test } from "./fixtures";

test("analytics: the numbers are the server's, lead to what is behind them, and are saved as a file", async ({
  page,
  request,
}) => {
  const { headers } = await session(request, "agent@demo.test");
  const days = (await (
    await request.get("/api/dashboard/metrics?granularity=day&from=2026-01-01&to=2026-01-02", { headers })
  ).json()) as { timezone: string };
  await enter(page, "agent@demo.test");
  await page.getByRole("link", { name: "Analytics" }).click();
  await expect(page.getByRole("heading", { name: "Analytics", level: 1 })).toBeVisible();
  await expect(page.getByText(`Days are those of ${days.timezone.replace(/_/g, " ")}`, { exact: false })).toBeVisible();
  await page.getByText("7 days", { exact: true }).click();
  await expect(page).toHaveURL(/range=7/);

  const card = page.getByRole("region", { name: "Tickets opened and solved" });
  await card.getByRole("button", { name: /as a table/ }).click();
  const rows = card.getByRole("table").getByRole("row");
  await expect(rows).toHaveCount(8);
  const shown = await rows.evaluateAll((all) =>
    all.slice(1).map((row) => [...row.querySelectorAll("th, td")].map((cell) => cell.textContent)),
  );
  const first = String(shown[0]?.[0]);
  const told = (await (
    await request.get(`/api/dashboard/metrics?granularity=day&from=${first}`, { headers })
  ).json()) as { items: { day: string; ticketsCreated: number; ticketsResolved: number }[] };
  expect(shown).toEqual(
    told.items.map(({ day, ticketsCreated, ticketsResolved }) => [
      day,
      String(ticketsCreated),
      String(ticketsResolved),
    ]),
  );

  await test.step("as a file", async () => {
    const saving = page.waitForEvent("download");
    await card.getByRole("button", { name: /save as CSV/ }).click();
    const file = await saving;
    expect(file.suggestedFilename()).toBe("tickets-opened-and-solved.csv");
    const lines = readFileSync(await file.path(), "utf8")
      .trim()
      .split("\r\n");
    expect(lines).toEqual(["Day,Opened,Solved", ...shown.map((row) => row.join(","))]);
  });

  await test.step("to the list behind a number", async () => {
    const priority = page.getByRole("list", { name: "Open tickets by priority" }).getByRole("link", { name: /Urgent/ });
    const count = Number(/\d+$/.exec((await priority.textContent()) ?? "")?.[0]);
    await priority.click();
    await expect(page).toHaveURL(/priority=URGENT/);
    const query = "status=OPEN&status=IN_PROGRESS&status=WAITING_ON_CUSTOMER&status=ESCALATED&priority=URGENT";
    const list = (await (await request.get(`/api/tickets?${query}&count=exact&limit=1`, { headers })).json()) as {
      total: number;
    };
    expect(list.total).toBe(count);
    await page.goBack();
    await expect(page).toHaveURL(/analytics\?range=7/);
  });

  await test.step("days of one's own", async () => {
    await page.getByText("Days…", { exact: true }).click();
    await page.getByLabel("First day").fill(first);
    await expect(page).toHaveURL(new RegExp(`from=${first}`));
    await expectAccessible(page);
  });
});

test("drill-downs land on the right list", async ({ page, request }) => {
  const { headers } = await session(request, "agent@demo.test");
  const totalOf = async (path: string, query: string) => {
    const params = new URLSearchParams(query);
    for (const [name, value] of [
      ["count", "exact"],
      ["limit", "1"],
    ] as const)
      params.set(name, value);
    params.delete("view");
    const answer = await request.get(`${path}?${params.toString()}`, { headers });
    expect(answer.status(), await answer.text()).toBe(200);
    return ((await answer.json()) as { total: number }).total;
  };
  // The address of a page is the query of its list.
  const shownTotal = () => totalOf("/api/tickets", new URL(page.url()).search);
  const tokens = page.getByRole("group", { name: "Filters" });
  await enter(page, "agent@demo.test");
  await page.goto("/analytics?range=30&zone=America/New_York");
  const asTable = async (title: string) => {
    const card = page.getByRole("region", { name: title, exact: true });
    await card.getByRole("button", { name: /: as a table/ }).click();
    return card.getByRole("table");
  };

  await test.step("from an hour of the week to the tickets that were opened in it", async () => {
    const table = await asTable("When tickets are opened");
    const links = table.getByRole("link");
    // Every number leads there; the largest is of several weeks.
    const counts = (await links.allTextContents()).map((text) => Number(text.replace(/,/g, "")));
    const cells = await table.locator("td").allTextContents();
    expect(counts).toHaveLength(cells.filter((text) => text !== "0").length);
    const most = counts.indexOf(Math.max(...counts));
    await links.nth(most).click();
    await expect(page).toHaveURL(/weekday=\d/);
    await expect(page).toHaveURL(/timezone=America/);
    await expect(tokens.getByText(/day at \d\d:00, America\/New York/)).toBeVisible();
    expect(await shownTotal()).toBe(counts[most]);
    await tokens.getByRole("button", { name: "Remove the filter Hour" }).click();
    await expect(page).not.toHaveURL(/weekday|hour=|timezone/);
    await expect(page).toHaveURL(/createdFrom=/);
    await page.goto("/analytics?range=30&zone=America/New_York");
  });

  await test.step("from what became of the copilot's work to the tickets in which it did", async () => {
    const table = await asTable("What became of the copilot's work");
    await expect(table.getByRole("columnheader")).toHaveText([
      "From",
      "As it was",
      "Changed",
      "Rejected",
      "Not judged",
    ]);
    const link = table.getByRole("link").last();
    const counted = Number((await link.textContent())?.replace(/,/g, ""));
    await link.click();
    await expect(page).toHaveURL(/copilot=\w+/);
    await expect(tokens.getByText("Copilot asked")).toBeVisible();
    const tickets = await shownTotal();
    expect(tickets).toBeGreaterThan(0);
    expect(tickets).toBeLessThanOrEqual(counted);
    await tokens.getByRole("button", { name: "Remove the filter Copilot’s work" }).click();
    await expect(page).not.toHaveURL(/copilot/);
    await page.goto("/analytics?range=30&zone=America/New_York");
  });

  await test.step("from a mood to its tickets", async () => {
    const table = await asTable("How content customers are");
    const link = table.getByRole("link").first();
    const counted = Number(await link.textContent());
    await link.click();
    await expect(page).toHaveURL(/sentiment=\w+/);
    expect(await shownTotal()).toBe(counted);
    await expectAccessible(page);
  });
});

test.describe("import", () => {
  test.use({ refusals: [422] });

  test("a file is tried out, its columns are explained, and it is written as a whole", async ({ page }) => {
    const company = unique("Birchwood ");
    await enter(page, "admin@demo.test");
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Import" }).click();
    const file = (content: string) => ({ name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(content) });
    const field = page.locator("input[type=file]");
    await field.setInputFiles(file(`Bezeichnung;U-E code;Farbe\n${company};12;blue\n`));
    await page.getByRole("combobox", { name: "What “Bezeichnung” is" }).click();
    await page.getByRole("option", { name: "name", exact: true }).click();
    await page.getByRole("combobox", { name: "What “Farbe” is" }).click();
    await page.getByRole("option", { name: "Passed over" }).click();
    await page.getByRole("button", { name: "Try it out" }).click();
    await expect(page.getByRole("heading", { name: "Not good yet" })).toBeVisible();
    await expect(page.getByRole("table", { name: "What is wrong" })).toContainText("Line 2");
    await expect(page.getByRole("button", { name: /^Import \d/ })).toHaveCount(0);
    await expectAccessible(page);

    await field.setInputFiles(file(`name,ueCode\n${company},${String(Date.now()).slice(-8)}\n`));
    await page.getByRole("button", { name: "Try it out" }).click();
    await expect(page.getByRole("heading", { name: "This is what would happen" })).toBeVisible();
    await page.getByRole("button", { name: "Import 1 line" }).dblclick();
    await expect(page.getByRole("heading", { name: "Written" })).toBeVisible();
    await page.goto(`/organizations?q=${encodeURIComponent(company)}`);
    await expect(page.getByRole("link", { name: company })).toHaveCount(1);
  });
});

test("health: nodes, database, model and queue, for administrators", async ({ page }) => {
  await enter(page, "admin@demo.test");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Health" }).click();
  await expect(page.getByText("All in all")).toBeVisible();
  await expect(page.getByText(/builtin/)).toBeVisible();
  await expect(page.getByRole("table", { name: "Nodes" })).toBeVisible();
});
