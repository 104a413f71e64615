import { expect, expectAccessible, signIn, test } from "./fixtures";

test.describe("with a wrong password", () => {
  test.use({ refusals: [401] });

  test("says so, and lets in with the right one", async ({ page }) => {
    await signIn(page, "agent@demo.test", "not-the-password");
    await expect(page.getByRole("alert")).toHaveText("E-mail address or password is wrong.");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Fill in" }).click();
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Tickets", level: 1 })).toBeVisible();
  });
});

test("the way back leads to the page that was wanted, and out again", async ({ page }) => {
  await page.goto("/tickets/TKT-0001?status=CLOSED");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByRole("button", { name: "Fill in" }).click();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/tickets\/TKT-0001\?status=CLOSED$/);
  await page.reload();
  await expect(page.getByRole("button", { name: "Account of Sam Kessler" })).toBeVisible();
  await page.getByRole("button", { name: "Account of Sam Kessler" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("/tickets");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("an invitation's link leads to a password and in", async ({ page, request }) => {
  const data = { email: "admin@demo.test", password: "patchcord-demo" };
  const session = (await (await request.post("/api/auth/login", { data })).json()) as { accessToken: string };
  const added = await request.post("/api/users", {
    headers: { Authorization: `Bearer ${session.accessToken}` },
    data: { email: `new-${String(Date.now())}@demo.test`, name: "Nia Okafor", role: "AGENT" },
  });
  const { invitationUrl } = (await added.json()) as { invitationUrl: string };
  const link = new URL(invitationUrl);
  await page.goto(link.pathname + link.search);
  await expectAccessible(page);
  await page.getByLabel("Password", { exact: true }).fill("a long enough secret");
  await page.getByLabel("The same again").fill("a long enough secret");
  await page.getByRole("button", { name: "Save and sign in" }).click();
  await expect(page.getByRole("button", { name: "Account of Nia Okafor" })).toBeVisible();
  await expect(page).toHaveURL(/\/tickets$/);
});

test("a viewer reads and cannot act, in the dark too", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await signIn(page, "viewer@demo.test");
  await expect(page.getByRole("heading", { name: "Tickets", level: 1 })).toBeVisible();
  await expect(page.getByRole("button", { name: "New ticket" })).toHaveCount(0);
  await page.getByRole("link", { name: /VPN drops/ }).waitFor();
  await page.keyboard.press("j");
  await expect(page.getByRole("link").and(page.locator(":focus"))).toHaveAttribute("href", /\/tickets\/TKT-/);
  await page.keyboard.press("Enter");
  await expect(page.getByText("Your role can read tickets, not change them.")).toBeVisible();
  await expect(page.getByTestId("analyze-button")).toBeDisabled();
  await expect(page.getByTestId("draft-button")).toBeDisabled();
  await expect(page.getByLabel("Question to the copilot")).toBeDisabled();
  await expect(page.getByRole("button", { name: "Send reply" })).toHaveCount(0);
  await expectAccessible(page);
});
