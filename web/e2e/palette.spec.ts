import { enter, expect, test } from "./fixtures";

test("the palette finds actions, pages, tickets and articles, by keyboard alone", async ({ page }) => {
  await enter(page, "admin@demo.test");
  await expect(page.getByRole("heading", { name: "Tickets", level: 1 })).toBeVisible();
  const words = page.getByRole("combobox", { name: "Search or jump to" });
  const chosen = page.getByRole("option", { selected: true });

  await test.step("a page of the settings", async () => {
    await page.keyboard.press("Control+k");
    await expect(words).toBeFocused();
    await page.keyboard.type("audit");
    await expect(chosen).toHaveText(/Audit log/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Audit log", level: 1 })).toBeVisible();
  });

  await test.step("an action with its key, also from a field", async () => {
    await page.keyboard.press("Control+k");
    await expect(words).toBeFocused();
    await page.keyboard.type("new ti");
    await expect(chosen).toHaveText("New ticketC");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog", { name: "New ticket" }).getByLabel("Subject")).toBeFocused();
    await page.keyboard.press("Escape");
  });

  await test.step("a ticket", async () => {
    await page.keyboard.press("Control+k");
    await expect(words).toBeFocused();
    await page.keyboard.type("mail to the court");
    await expect(page.getByRole("group", { name: "Tickets" }).getByRole("option").first()).toHaveText(/court clerk/);
    await expect(chosen).toHaveText(/court clerk/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: /Mail to the court clerk/, level: 1 })).toBeVisible();
  });

  await test.step("an article", async () => {
    await page.keyboard.press("Control+k");
    await expect(words).toBeFocused();
    await page.keyboard.type("phishing mail");
    await page.getByRole("group", { name: "Articles" }).getByRole("option").first().click();
    await expect(page.getByRole("heading", { name: /Phishing mail/, level: 1 })).toBeVisible();
  });

  await test.step("nothing, and back to where one was", async () => {
    const edit = page.getByRole("button", { name: "Edit" });
    await edit.focus();
    await page.keyboard.press("Control+k");
    await expect(words).toBeFocused();
    await page.keyboard.type("zzxxyy");
    await expect(page.getByText("Nothing fits these words.")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(edit).toBeFocused();
  });
});
