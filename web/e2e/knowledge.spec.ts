import { enter, expect, expectAccessible, test } from "./fixtures";
import { tokenOf } from "./pages";

test.use({ refusals: [401, 409, 422] });

test("an article is written with a preview, published, changed over a conflict, and deleted", async ({
  page,
  request,
}) => {
  const title = `Badge readers ${String(Date.now())}`;
  await enter(page, "admin@demo.test");
  await page.getByRole("link", { name: "Knowledge base" }).click();

  await test.step("what is wrong is told at its field, and nothing is lost", async () => {
    await page.getByRole("button", { name: "Write" }).click();
    await page.getByLabel("Text (Markdown)").fill("# Reset\n\n**Hold** the button. <img src=x onerror=alert(1)>");
    const preview = page.getByRole("region", { name: "Preview" });
    await expect(preview.getByRole("heading", { name: "Reset" })).toBeVisible();
    await expect(preview.locator("strong")).toHaveText("Hold");
    await expect(preview.getByText("<img src=x onerror=alert(1)>")).toBeVisible();
    await expect(preview.locator("img")).toHaveCount(0);
    await page.getByRole("button", { name: "Save as a draft" }).click();
    await expect(page.getByLabel("Title")).toHaveAttribute("aria-invalid", "true");
    await expectAccessible(page);
  });

  await test.step("leaving is asked about; a reload keeps the text", async () => {
    await page.getByRole("link", { name: "Settings" }).click();
    const question = page.getByRole("dialog", { name: "Leave without saving?" });
    await question.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByLabel("Text (Markdown)")).toHaveValue(/Hold/);
    page.once("dialog", (dialog) => void dialog.accept());
    await page.reload();
    await expect(page.getByText("is here again")).toBeVisible();
    await expect(page.getByLabel("Text (Markdown)")).toHaveValue(/Hold/);
  });

  await test.step("saved as a draft, then published, and taken back", async () => {
    await page.getByLabel("Title").fill(title);
    await page.getByRole("button", { name: "Save as a draft" }).click();
    await expect(page.getByRole("heading", { name: title, level: 1 })).toBeVisible();
    const state = page.getByRole("region", { name: title }).locator("header");
    await expect(state.getByText("Draft")).toBeVisible();
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await expect(state.getByText("Published")).toBeVisible();
    await page.getByRole("alert").getByRole("button", { name: "Undo" }).last().click();
    await expect(state.getByText("Draft")).toBeVisible();
  });

  await test.step("somebody else saves first", async () => {
    await page.keyboard.press("e");
    const text = page.getByLabel("Text (Markdown)");
    await text.fill("Mine");
    const id = /knowledge\/([^/]+)\/edit/.exec(page.url())?.[1] ?? "";
    const headers = { Authorization: `Bearer ${await tokenOf(request, "agent@demo.test")}` };
    const other = await request.patch(`/api/kb/articles/${id}`, { headers, data: { body: "Theirs" } });
    expect(other.status()).toBe(200);
    await text.press("Control+s");
    await expect(page.getByText("Somebody else saved first")).toBeVisible();
    await expect(text).toHaveValue("Mine");
    await page.getByRole("button", { name: "Save mine over it" }).click();
    await expect(page.getByRole("region", { name: "Text of the article" })).toHaveText("Mine");
  });

  await test.step("deleted", async () => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect(page.getByText("The article is deleted")).toBeVisible();
    await page.getByLabel("Search articles").fill(title);
    await expect(page.getByRole("heading", { name: "No article fits" })).toBeVisible();
  });
});

test("the session ends in the middle of a sentence, and the sentence is still there", async ({ page }) => {
  await enter(page, "agent@demo.test");
  await page.getByRole("link", { name: "Knowledge base" }).click();
  await page.getByRole("button", { name: "Write" }).click();
  await page.getByLabel("Title").fill("Half a title");
  await page.getByLabel("Text (Markdown)").fill("Half a sent");
  await page.context().clearCookies();
  await page.route("**/api/kb/articles", (route) => route.fulfill({ status: 401, json: { code: "unauthenticated" } }), {
    times: 1,
  });
  await page.getByRole("button", { name: "Save as a draft" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.getByRole("button", { name: "Fill in" }).click();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Title")).toHaveValue("Half a title");
  await expect(page.getByLabel("Text (Markdown)")).toHaveValue("Half a sent");
  await page.getByRole("button", { name: "Drop it" }).click();
  await expect(page.getByLabel("Title")).toHaveValue("");
});

test("a viewer reads articles and cannot write", async ({ page }) => {
  await enter(page, "viewer@demo.test");
  await page.getByRole("link", { name: "Knowledge base" }).click();
  await page.getByRole("link", { name: /VPN does not connect/ }).click();
  await expect(page.getByRole("heading", { name: "VPN does not connect", level: 1 })).toBeVisible();
  await expect(page.getByRole("button", { name: /Edit|Publish|Unpublish|Write|More/ })).toHaveCount(0);
  await page.goto(`${page.url().split("?")[0] ?? ""}/edit`);
  await expect(page.getByRole("heading", { name: "Your role reads articles" })).toBeVisible();
});
