import type { Page } from "@playwright/test";
import { enter, expect, expectAccessible, test } from "./fixtures";
import { tokenOf } from "./pages";

test.use({ refusals: [409, 422] });

test.beforeEach(async ({ page }) => {
  await enter(page, "admin@demo.test");
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("heading", { name: "Users", level: 1 })).toBeVisible();
});

const open = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name, exact: true }).click();

test("somebody is invited, gets another role, is disabled, and that is undone", async ({ page }) => {
  const name = `Nia Okafor ${String(Date.now())}`;
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite somebody" });
  await dialog.getByLabel("E-mail").fill("not an address");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Make the invitation" }).click();
  await expect(dialog.getByLabel("E-mail")).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(page);
  await dialog.getByLabel("E-mail").fill(`nia-${String(Date.now())}@demo.test`);
  await dialog.getByRole("button", { name: "Make the invitation" }).dblclick();
  const link = page.getByRole("dialog", { name: "Invitation link" });
  await expect(link.getByLabel("Invitation link")).toHaveValue(/\/accept-invitation\?token=/);
  await link.getByRole("button", { name: "Done" }).click();

  const row = page.getByRole("row", { name: new RegExp(name) });
  await expect(row).toHaveCount(1);
  await row.getByLabel(`Role of ${name}`).click();
  await page.getByRole("option", { name: "Viewer" }).click();
  await expect(row.getByLabel(`Role of ${name}`)).toHaveValue("Viewer");
  await row.getByRole("button", { name: "Disable" }).click();
  await expect(row.getByText("Disabled")).toBeVisible();
  await page.getByRole("alert").filter({ hasText: "is disabled" }).getByRole("button", { name: "Undo" }).click();
  await expect(row.getByText("Active")).toBeVisible();

  await open(page, "Audit log");
  await expect(page.getByRole("cell", { name: "user.changed" }).first()).toBeVisible();
  await page.getByRole("button", { name: "Details of user.changed" }).first().click();
  await expect(page.getByRole("table", { name: "Details" })).toBeVisible();
});

test("a token is shown once, works, and is revoked", async ({ page, request }) => {
  const name = `Monitoring ${String(Date.now())}`;
  await open(page, "API tokens");
  await page.getByRole("button", { name: "New token" }).first().click();
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Make the token" }).click();
  const secret = page.getByRole("dialog", { name: "API token" });
  const token = await secret.getByLabel("API token", { exact: true }).inputValue();
  expect(token).toMatch(/^pck_/);
  const headers = { Authorization: `Bearer ${token}` };
  expect((await request.get("/api/tickets", { headers })).status()).toBe(200);
  await secret.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText(token)).toHaveCount(0);

  await page.getByRole("button", { name: `Revoke ${name}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByRole("row", { name: new RegExp(name) }).getByText("Revoked")).toBeVisible();
  expect((await request.get("/api/tickets", { headers })).status()).toBe(401);
});

test("settings: a wrong field, a conflict, hours, and changes that are not saved", async ({ page, request }) => {
  await open(page, "Workspace");
  const another = `+4930${String(Date.now()).slice(-8)}`;
  const number = page.getByLabel("Transfer number");
  await number.fill("call me maybe");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(number).toHaveAttribute("aria-invalid", "true");
  await expect(number).toHaveValue("call me maybe");
  await expectAccessible(page);

  await test.step("leaving is asked about", async () => {
    await open(page, "Macros");
    await page.getByRole("dialog", { name: "Leave without saving?" }).getByRole("button", { name: "Cancel" }).click();
    await expect(number).toHaveValue("call me maybe");
  });

  await test.step("somebody else saved first", async () => {
    await number.fill(another);
    const headers = { Authorization: `Bearer ${await tokenOf(request, "admin@demo.test")}` };
    const other = await request.patch("/api/workspace", { headers, data: { recordCalls: true } });
    expect(other.status()).toBe(200);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Somebody else saved first")).toBeVisible();
    await page.getByRole("button", { name: "Save mine over it" }).click();
    await expect(page.getByText("The settings are saved")).toBeVisible();
    await expect(number).toHaveValue(another);
    await expect(page.getByLabel("Record calls")).toBeChecked();
  });

  await test.step("hours that make no sense are told, good ones are kept", async () => {
    await open(page, "Business hours");
    const saturday = page.getByRole("group", { name: "Saturday" });
    await saturday.getByRole("button", { name: "Saturday: add hours" }).click();
    await saturday.getByLabel("Saturday, to").fill("08:00");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText(/must end after it begins/)).toBeVisible();
    await saturday.getByLabel("Saturday, to").fill("13:00");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("The settings are saved").last()).toBeVisible();
    await page.reload();
    await expect(saturday.getByLabel("Saturday, to")).toHaveValue("13:00");
    await saturday.getByRole("button", { name: "Saturday: remove 09:00 to 13:00" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(saturday.getByText("Closed")).toBeVisible();
  });

  await test.step("the copilot", async () => {
    await open(page, "Copilot");
    await expect(page.getByText(/builtin.*answers/)).toBeVisible();
    await page.getByLabel("Budget a day").fill("99999999");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByLabel("Budget a day")).toHaveAttribute("aria-invalid", "true");
    await page.getByRole("button", { name: "Discard changes" }).click();
    await expect(page.getByRole("button", { name: "Save" })).toBeDisabled();
  });
});

test("a macro is made, changed, deleted, and the deletion is undone", async ({ page }) => {
  const name = `Restart ${String(Date.now())}`;
  await open(page, "Macros");
  await page.getByRole("button", { name: "New macro" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Text").fill("Hello {{contact.nickname}}");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("Text")).toHaveAttribute("aria-invalid", "true");
  await dialog.getByLabel("Text").fill("Hello {{contact.firstName}}, please restart {{device.name}}.");
  await dialog.getByLabel("Sets the status").click();
  await page.getByRole("option", { name: "Waiting on customer" }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  const row = page.getByRole("row", { name: new RegExp(name) });
  await expect(row).toContainText("Waiting on customer");
  await row.getByRole("button", { name: `Change ${name}` }).click();
  await expect(dialog.getByLabel("Text")).toHaveValue(/please restart/);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await row.getByRole("button", { name: `Delete ${name}` }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("alert").filter({ hasText: "is deleted" }).getByRole("button", { name: "Undo" }).click();
  await expect(row).toContainText("Waiting on customer");
});

test("a shared view is made and is in the navigation", async ({ page }) => {
  const name = `Loud ones ${String(Date.now())}`;
  await open(page, "Shared views");
  await page.getByRole("button", { name: "New view" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Words").fill("fan");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: new RegExp(`^${name}`) })
    .click();
  await expect(page).toHaveURL(/q=fan/);
});
