import { expect, expectAccessible, signIn, test } from "./fixtures";

const SUBJECT = "VPN drops every 20 minutes";

test("an agent works a ticket with the copilot", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expectAccessible(page);
  await signIn(page, "agent@demo.test");
  await expect(page.getByRole("link", { name: new RegExp(SUBJECT) })).toBeVisible();
  await expectAccessible(page);

  await test.step("open a ticket from the list", async () => {
    await page.getByRole("link", { name: new RegExp(SUBJECT) }).click();
    await expect(page.getByRole("heading", { name: new RegExp(SUBJECT), level: 1 })).toBeVisible();
    await expect(page.getByTestId("copilot-panel")).toBeVisible();
  });

  await test.step("analyze it", async () => {
    await page.getByTestId("analyze-button").click();
    await expect(page.getByTestId("copilot-state")).toHaveText("Complete");
    await expect(page.getByTestId("analysis-summary")).toContainText("VPN");
    await expectAccessible(page);
  });

  const edited = `Edited by a person at ${String(Date.now())}.`;
  await test.step("draft a reply, insert it, edit it", async () => {
    await page.getByTestId("draft-button").click();
    await page.getByTestId("insert-button").click();
    await expect(page.getByText("AI draft, review before sending")).toBeVisible();
    const reply = page.getByLabel("Text of the reply");
    await expect(reply).toHaveValue(/Mara/);
    await reply.press("Control+End");
    await page.keyboard.insertText(`\n\n${edited}`);
    await expectAccessible(page);
  });

  await test.step("the draft survives a reload", async () => {
    await page.reload();
    await expect(page.getByLabel("Text of the reply")).toHaveValue(new RegExp(edited));
  });

  await test.step("send it, once", async () => {
    await page.getByRole("button", { name: "Send reply" }).dblclick();
    await expect(page.getByLabel("Text of the reply")).toHaveValue("");
    await expect(page.getByRole("region", { name: "Conversation" }).getByText(edited)).toHaveCount(1);
  });

  await test.step("ask for next steps, and a question", async () => {
    await page.getByTestId("suggest-button").click();
    await expect(page.getByRole("heading", { name: "Next steps" })).toBeVisible();
    await page.getByLabel("Question to the copilot").fill("When does the VPN drop?");
    await page.keyboard.press("Enter");
    const results = page.getByRole("region", { name: "Copilot results" });
    await expect(results.getByText("When does the VPN drop?").last()).toBeVisible();
    await expect(results.getByRole("listitem").filter({ hasText: "Copilot" }).last()).toBeInViewport();
    await expectAccessible(page);
  });

  await test.step("change the status and take it back", async () => {
    await page.getByRole("button", { name: "In progress" }).click();
    await page.getByRole("menuitem", { name: "Waiting on customer" }).click();
    await expect(page.getByRole("alert").getByText(/TKT-\d+: Waiting on customer/)).toBeVisible();
    await page.getByRole("alert").getByRole("button", { name: "Undo" }).last().click();
    await expect(page.getByRole("button", { name: "In progress" })).toBeVisible();
  });
});
