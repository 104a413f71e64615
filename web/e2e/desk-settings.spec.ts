import type { Page } from "@playwright/test";
import { toast } from "./desk";
import { enter, expect, expectAccessible, test } from "./fixtures";

test.use({ refusals: [409, 422] });

test.beforeEach(async ({ page }) => {
  await enter(page, "admin@demo.test");
  await page.getByRole("link", { name: "Settings" }).click();
});

const open = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name, exact: true }).click();

test("a promise for one customer: taken ones are refused, rules are kept, a deletion is undone", async ({ page }) => {
  await open(page, "SLA policies");
  await expect(page.getByRole("row", { name: /Urgent.*Everybody.*30 min/ })).toBeVisible();
  await page.getByRole("button", { name: "New SLA policy" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Save" }).click();
  // Nothing is promised yet.
  await expect(dialog.getByText(/needs|needed|at least/i).first()).toBeVisible();
  await dialog.getByLabel("First reply within", { exact: true }).fill("2");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert")).toContainText(/Request/);
  await dialog.getByRole("combobox", { name: "Organization" }).fill("Arbor");
  await page.getByRole("option", { name: /Arbor Legal/ }).click();
  await dialog.getByRole("button", { name: "Add a rule" }).click();
  await dialog.getByRole("combobox", { name: "Rule 1: clock" }).click();
  await page.getByRole("option", { name: "First reply" }).click();
  await dialog.getByRole("combobox", { name: "Rule 1: action 1" }).click();
  await page.getByRole("option", { name: "Escalate" }).click();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save" }).dblclick();
  const row = page.getByRole("row", { name: /High.*Arbor Legal.*2 h.*–.*Business hours.*1/ });
  await expect(row).toHaveCount(1);

  await row.getByRole("button", { name: /^Change/ }).click();
  await dialog.getByLabel("Solved within", { exact: true }).fill("1.5");
  await dialog.getByRole("button", { name: "Save" }).click();
  const changed = page.getByRole("row", { name: /High.*Arbor Legal.*2 h.*1 h 30 min/ });
  await changed.getByRole("button", { name: /^Delete/ }).click();
  await expect(changed).toHaveCount(0);
  await toast(page, "is deleted").getByRole("button", { name: "Undo" }).click();
  await expect(changed).toHaveCount(1);
  await changed.getByRole("button", { name: /^Delete/ }).click();
  await expect(changed).toHaveCount(0);
});

test("a phone number is entered in any notation, switched off, and taken out", async ({ page }) => {
  const digits = String(Date.now()).slice(-7);
  await open(page, "Phone numbers");
  await page.getByRole("button", { name: "New phone number" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Number", { exact: true }).fill("0");
  await dialog.getByLabel("Label").fill("Front desk");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("Number", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(page);
  await dialog.getByLabel("Number", { exact: true }).fill(`+49 (30) ${digits}`);
  await dialog.getByRole("button", { name: "Save" }).click();
  const row = page.getByRole("row", { name: new RegExp(`\\+4930${digits}`) });
  await expect(row).toContainText("Takes calls");
  await row.getByRole("button", { name: /^Change/ }).click();
  await expect(dialog.getByLabel("Number", { exact: true })).toBeDisabled();
  await dialog.getByLabel("Takes calls").uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("Off");
  await row.getByRole("button", { name: /^Delete/ }).click();
  await expect(row).toHaveCount(0);
});

test("account managers: added, in use, deleted", async ({ page }) => {
  const name = `Ada ${String(Date.now())}`;
  await open(page, "Account managers");
  await page.getByRole("button", { name: "New account manager" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: `Delete ${name}` }).click();
  await expect(page.getByRole("row", { name: new RegExp(name) })).toHaveCount(0);
  await page.getByRole("button", { name: "Delete Grace Whitfield" }).click();
  await expect(toast(page, "Grace Whitfield was not deleted")).toContainText(/in use/);
});
