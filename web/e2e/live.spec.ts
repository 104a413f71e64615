import { expect, signIn, test } from "./fixtures";

test("what others write shows up by itself", async ({ page, request }) => {
  await signIn(page, "agent@demo.test");
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
  await signIn(page, "agent@demo.test");
  await page.getByRole("link", { name: /Mail to the court clerk/ }).click();
  await expect(page.getByText("Reconnecting…")).toBeVisible();
  await page.getByTestId("suggest-button").click();
  await expect(page.getByTestId("copilot-state")).toHaveText("Complete");
  await expect(page.getByRole("heading", { name: "Next steps" })).toBeVisible();
});
