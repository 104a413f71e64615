import { openTicket, rows, session, unique } from "./desk";
import { enter, expect, test } from "./fixtures";

test("what others write shows up by itself", async ({ page, request }) => {
  await enter(page, "agent@demo.test");
  await page.getByRole("link", { name: /Mail to the court clerk/ }).click();
  const conversation = page.getByRole("region", { name: "Conversation" });
  await expect(conversation.getByRole("article").first()).toBeVisible();
  const ticket = /TKT-\d+/.exec(page.url())?.[0] ?? "";

  const session = await request.post("/api/auth/login", {
    data: { email: "admin@demo.test", password: "patchcord-demo" },
  });
  const { accessToken } = (await session.json()) as { accessToken: string };
  const body = `A colleague looked at it at ${String(Date.now())}.`;
  const answer = await request.post(`/api/tickets/${ticket}/messages`, {
    headers: { Authorization: `Bearer ${accessToken}` },
    data: { body, isInternal: true },
  });
  expect(answer.status()).toBe(201);
  await expect(conversation.getByText(body)).toBeVisible();
});

test("without the event socket the copilot's status is asked for", async ({ page }) => {
  await page.routeWebSocket("**/api/events", (socket) => socket.close());
  await enter(page, "agent@demo.test");
  await page.getByRole("link", { name: /Mail to the court clerk/ }).click();
  await expect(page.getByText("Reconnecting…")).toBeVisible();
  await page.getByTestId("suggest-button").click();
  await expect(page.getByTestId("copilot-state")).toHaveText("Complete");
  await expect(page.getByRole("heading", { name: "Next steps" })).toBeVisible();
});

test("two browsers see each other, and each other's changes", async ({ page, browser, request }) => {
  const admin = await session(request, "admin@demo.test");
  const tag = unique("two");
  const ticket = await openTicket(request, admin, { subject: "Seen by two", tags: [tag] });
  const other = await browser.newContext();
  const second = await other.newPage();
  await enter(page, "agent@demo.test", `/tickets/${ticket.label}?tag=${tag}`);
  await enter(second, "admin@demo.test", `/tickets/${ticket.label}?tag=${tag}`);

  await test.step("who is there", async () => {
    const here = page.getByRole("group", { name: "Also here" });
    await expect(here.getByRole("img")).toHaveCount(1);
    await second.getByLabel("Text of the reply").pressSequentially("I will take");
    await expect(page.getByText(/is writing an answer right now/)).toBeVisible();
  });

  await test.step("an answer while somebody else writes", async () => {
    await page.getByLabel("Text of the reply").pressSequentially("Me too");
    await second.getByRole("button", { name: "Send reply" }).click();
    await expect(page.getByRole("region", { name: "Conversation" }).getByText("I will take")).toBeVisible();
    await expect(page.getByText(/answered while you were writing/)).toBeVisible();
    await expect(page.getByLabel("Text of the reply")).toHaveValue("Me too");
  });

  await test.step("a change shows in the other list where the row is", async () => {
    await second.getByLabel("Text of the reply").blur();
    await second.keyboard.press("e");
    await expect(rows(page).first()).toContainText("Resolved");
    await expect(page.getByRole("button", { name: "Reopen" })).toBeVisible();
  });

  await test.step("new tickets gather until they are wanted", async () => {
    await openTicket(request, admin, { subject: "One more", tags: [tag] });
    await openTicket(request, admin, { subject: "And another", tags: [tag] });
    const pill = page.getByRole("button", { name: "2 new" });
    await expect(pill).toBeVisible();
    await expect(rows(page)).toHaveCount(1);
    await pill.click();
    await expect(rows(page)).toHaveCount(3);
    await expect(rows(page).first()).toContainText("And another");
  });
  await other.close();
});
