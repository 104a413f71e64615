import { enter, expect, test } from "./fixtures";

test("dark and light are remembered, and follow the system when asked to", async ({ page }) => {
  const scheme = () => page.locator("html").getAttribute("data-mantine-color-scheme");
  await page.emulateMedia({ colorScheme: "light" });
  await enter(page, "agent@demo.test");
  await page.getByRole("button", { name: "Change to dark" }).click();
  expect(await scheme()).toBe("dark");
  await page.reload();
  // Set before anything is painted, by the file in the head.
  expect(await scheme()).toBe("dark");
  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitemradio", { name: "As the system" }).click();
  expect(await scheme()).toBe("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(scheme).toBe("dark");
});

test("on a phone the navigation is a drawer", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await enter(page, "agent@demo.test");
  await page.getByRole("button", { name: "Open the navigation" }).click();
  const drawer = page.getByRole("dialog", { name: "Patchcord" });
  await drawer.getByRole("link", { name: "Knowledge base" }).click();
  await expect(drawer).toBeHidden();
  await page.getByRole("link", { name: /VPN does not connect/ }).click();
  await expect(page.getByRole("heading", { name: "VPN does not connect", level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "To the articles" }).click();
  await expect(page.getByRole("heading", { name: "Knowledge base" })).toBeVisible();
});

test("keys lead to pages and can be switched off", async ({ page }) => {
  await enter(page, "agent@demo.test");
  await expect(page.getByRole("heading", { name: "Tickets", level: 1 })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("k");
  await expect(page.getByRole("heading", { name: "Knowledge base" })).toBeVisible();
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keys" });
  await expect(sheet.getByText("New ticket")).toBeVisible();
  await sheet.getByRole("switch", { name: "Single-letter keys" }).click({ force: true });
  await page.keyboard.press("Escape");
  await expect(sheet).toBeHidden();
  await page.keyboard.press("c");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Knowledge base" })).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("views have numbers and are addresses", async ({ page }) => {
  await enter(page, "agent@demo.test");
  const views = page.getByRole("navigation", { name: "Main" });
  await views.getByRole("link", { name: /^Inbox \d+ tickets$/ }).click();
  await expect(page).toHaveURL(/status=OPEN%2CIN_PROGRESS%2CWAITING_ON_CUSTOMER%2CESCALATED/);
  await expect(views.getByRole("link", { name: /^Inbox/ })).toHaveAttribute("data-status", "active");
  await views.getByRole("link", { name: /^Escalated \d+ tickets$/ }).click();
  await expect(page).toHaveURL(/status=ESCALATED/);
});

test.describe("who may not", () => {
  test.use({ refusals: [403] });

  test("agents and viewers see no settings, and are told at their address", async ({ page }) => {
    await enter(page, "agent@demo.test");
    await expect(page.getByRole("link", { name: "Knowledge base" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Settings" })).toHaveCount(0);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search or jump to" }).fill("API tokens");
    await expect(page.getByRole("option", { name: /API tokens/ })).toHaveCount(0);
    await page.goto("/settings/users");
    await expect(page.getByRole("heading", { name: "Only administrators see this page" })).toBeVisible();
    await page.getByRole("link", { name: "To the tickets" }).click();
    await expect(page.getByRole("heading", { name: "Tickets", level: 1 })).toBeVisible();
  });
});

test("an address that nothing has says so and leads back", async ({ page }) => {
  await enter(page, "agent@demo.test", "/nothing/here");
  await expect(page.getByRole("heading", { name: "Nothing is here" })).toBeVisible();
  await page.getByRole("link", { name: "To the tickets" }).click();
  await expect(page.getByRole("heading", { name: "Tickets", level: 1 })).toBeVisible();
});
