import { readFile } from "node:fs/promises";
import { openTicket, session, unique } from "./desk";
import { enter, expect, expectAccessible, test } from "./fixtures";

const MARKUP = `<script>document.title = "hacked"</script><img src=x onerror="document.title='hacked'">\n`;
/** The smallest picture there is. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

test("files go out with a reply, are looked at, and come back as they were", async ({ page, request }) => {
  const admin = await session(request, "admin@demo.test");
  const ticket = await openTicket(request, admin, { subject: unique("Files ") });
  await enter(page, "agent@demo.test", `/tickets/${ticket.label}`);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach files" }).click();
  await (
    await chooser
  ).setFiles([
    { name: "gateway.log", mimeType: "text/plain", buffer: Buffer.from(MARKUP) },
    { name: "popup.png", mimeType: "image/png", buffer: PICTURE },
    { name: "setup.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ") },
  ]);
  const tray = page.getByRole("list", { name: "Files to send" });
  await expect(tray.getByRole("alert")).toHaveText(/Only txt, log, png/);
  await expectAccessible(page);
  await tray.getByRole("button", { name: "Remove setup.exe" }).click();
  await page.getByLabel("Text of the reply").fill("Both files are attached.");
  await page.getByRole("button", { name: "Send reply" }).click();

  const message = page.getByRole("article").filter({ hasText: "Both files are attached." });
  await expect(message.getByRole("button", { name: /^Look at gateway.log/ })).toBeVisible();
  await expect(message.getByRole("button", { name: /^Look at popup.png/ })).toBeVisible();
  await expect(tray).toHaveCount(0);

  await test.step("a text is shown as text", async () => {
    await message.getByRole("button", { name: /^Look at gateway.log/ }).click();
    await expect(page.getByRole("region", { name: "Text of gateway.log" })).toHaveText(MARKUP);
    expect(await page.title()).not.toBe("hacked");
    await expectAccessible(page);
    await page.keyboard.press("Escape");
  });

  await test.step("a picture is shown", async () => {
    await message.getByRole("button", { name: /^Look at popup.png/ }).click();
    const picture = page.getByRole("img", { name: "popup.png" });
    await expect(picture).toHaveJSProperty("naturalWidth", 1);
    await page.keyboard.press("Escape");
  });

  await test.step("a download is what was sent", async () => {
    const download = page.waitForEvent("download");
    await message.getByRole("button", { name: "Download gateway.log" }).click();
    const saved = await (await download).path();
    expect(await readFile(saved, "utf8")).toBe(MARKUP);
  });
});
