import { enter, expect, expectAccessible, test } from "./fixtures";

test.use({ refusals: [422] });

test("a new ticket, with what is wrong told at its field, and its text shown as text", async ({ page }) => {
  await enter(page, "agent@demo.test");
  await expect(page.getByRole("heading", { name: "Tickets", level: 1 })).toBeVisible();
  await page.keyboard.press("c");
  const dialog = page.getByRole("dialog", { name: "New ticket" });
  const markup = `<b>red</b><img src="x" onerror="document.title='hacked'">`;
  await dialog.getByLabel("Subject").fill("x");
  await dialog.getByLabel("Message").fill(`The badge reader stays ${markup}`);
  await dialog.getByRole("button", { name: "Open ticket" }).click();
  await expect(dialog.getByLabel("Subject")).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByText(/3 to 200 characters|at least 3/)).toBeVisible();
  await expectAccessible(page);

  const subject = `Badge reader ${String(Date.now())}`;
  await dialog.getByLabel("Subject").fill(subject);
  await dialog.getByRole("button", { name: "Open ticket" }).dblclick();
  await expect(page.getByRole("heading", { name: subject, level: 1 })).toBeVisible();
  await expect(page.getByRole("region", { name: "Conversation" }).getByText(markup)).toBeVisible();
  await expect(page.getByRole("link", { name: new RegExp(subject) })).toHaveCount(1);

  await test.step("words in the address find it", async () => {
    await page.getByLabel("Search tickets").fill(subject);
    await expect(page).toHaveURL(/q=Badge/);
    await expect(page.getByRole("region", { name: "Tickets" }).getByRole("link")).toHaveCount(1);
  });
});
