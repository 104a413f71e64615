import { openTicket, rows, session, unique } from "./desk";
import { expect, signIn, test } from "./fixtures";

test.use({ refusals: [401] });

test("a session that ends in the middle of typing loses nothing", async ({ page, request }) => {
  const admin = await session(request, "admin@demo.test");
  const ticket = await openTicket(request, admin, { subject: unique("Session ") });
  await signIn(page, "agent@demo.test");
  await expect(rows(page).first()).toBeVisible();
  await page.goto(`/tickets/${ticket.label}`);
  const field = page.getByLabel("Text of the reply");
  await field.pressSequentially("Half a sentence that");
  // Another tab signs out: the cookie of the session is worth nothing any more.
  expect((await page.request.post("/api/auth/logout")).status()).toBe(204);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.getByLabel("E-mail").fill("agent@demo.test");
  await page.getByLabel("Password", { exact: true }).fill("patchcord-demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(new RegExp(ticket.label));
  await expect(field).toHaveValue("Half a sentence that");
});

test("a new ticket and a question that were begun are there after the next sign-in", async ({ page, request }) => {
  const admin = await session(request, "admin@demo.test");
  const ticket = await openTicket(request, admin, { subject: unique("Question ") });
  await signIn(page, "agent@demo.test");
  await expect(rows(page).first()).toBeVisible();
  await page.goto(`/tickets/${ticket.label}`);
  const question = page.getByLabel("Question to the copilot");
  await question.pressSequentially("Has this customer");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "New ticket" }).click();
  const dialog = page.getByRole("dialog", { name: "New ticket" });
  await dialog.getByLabel("Subject").pressSequentially("Half a subject");
  await dialog.getByLabel("Message").pressSequentially("Half a message that");
  expect((await page.request.post("/api/auth/logout")).status()).toBe(204);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.getByLabel("E-mail").fill("agent@demo.test");
  await page.getByLabel("Password", { exact: true }).fill("patchcord-demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(new RegExp(ticket.label));
  await expect(question).toHaveValue("Has this customer");
  await page.getByRole("button", { name: "New ticket" }).click();
  await expect(dialog.getByLabel("Subject")).toHaveValue("Half a subject");
  await expect(dialog.getByLabel("Message")).toHaveValue("Half a message that");
  await dialog.getByRole("button", { name: "Begin anew" }).click();
  await expect(dialog.getByLabel("Subject")).toHaveValue("");
});
