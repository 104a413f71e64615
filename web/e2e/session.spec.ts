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
