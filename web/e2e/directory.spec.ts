import { session, toast, unique } from "./desk";
import { enter, expect, expectAccessible, test } from "./fixtures";

test.use({ refusals: [409, 422] });

test("an agent adds a contact, corrects it, and links a device", async ({ page }) => {
  const name = unique("Nora Lind ");
  await enter(page, "agent@demo.test");
  await page.getByRole("link", { name: "Organizations" }).click();
  // The list of tickets, which names them as well, has gone.
  await expect(page.getByRole("heading", { name: "Organizations", level: 1 })).toBeVisible();
  // Organizations are the administrators'.
  await expect(page.getByRole("button", { name: "New organization" })).toHaveCount(0);
  await page.getByRole("link", { name: "Halden Logistics" }).click();
  await expect(page.getByRole("heading", { name: "Halden Logistics", level: 1 })).toBeVisible();
  await expect(page.getByRole("button", { name: "Delete Halden Logistics" })).toHaveCount(0);

  await page.getByRole("button", { name: "New contact" }).click();
  const dialog = page.getByRole("dialog", { name: "New contact" });
  await expect(dialog.getByLabel("Organization")).toHaveValue("Halden Logistics");
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("E-mail").fill("not an address");
  await dialog.getByLabel("Phone").fill("call me");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("E-mail")).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByLabel("Phone")).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByLabel("Name", { exact: true })).toHaveValue(name);
  await expectAccessible(page);
  await dialog.getByLabel("E-mail").fill(`nora-${String(Date.now())}@halden.example`);
  await dialog.getByLabel("Phone").fill("");
  await dialog.getByRole("button", { name: "Save" }).dblclick();
  const link = page.getByRole("table", { name: "Contacts" }).getByRole("link", { name });
  await expect(link).toHaveCount(1);

  await test.step("change it", async () => {
    await link.click();
    await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Position").fill("Head of dispatch");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Contact · Head of dispatch")).toBeVisible();
  });

  await test.step("link a device, unlink it, undo", async () => {
    await page.getByRole("button", { name: "Link a device" }).click();
    const linking = page.getByRole("dialog", { name: "Link a device" });
    await linking.getByRole("combobox", { name: "Device" }).click();
    await page.getByRole("option").first().click();
    await linking.getByLabel("First device").check();
    await linking.getByRole("button", { name: "Link" }).click();
    const devices = page.getByRole("table", { name: "Devices" });
    await expect(devices.getByRole("link")).toHaveCount(1);
    await devices.getByRole("button", { name: /^Unlink/ }).click();
    await expect(devices).toHaveCount(0);
    await toast(page, "is unlinked").getByRole("button", { name: "Undo" }).click();
    await devices.getByRole("link").click();
    await expect(page.getByRole("row", { name: new RegExp(name) })).toContainText("As the first device");
    await expectAccessible(page);
  });
});

test("an admin keeps organizations, locations, devices and catalogues", async ({ page }) => {
  const company = unique("Alder Foods ");
  await enter(page, "admin@demo.test");
  await page.getByRole("link", { name: "Organizations" }).click();
  await page.getByRole("button", { name: "New organization" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(company);
  await dialog.getByLabel("U-E code").fill("12");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("U-E code")).toHaveAttribute("aria-invalid", "true");
  await dialog.getByLabel("U-E code").fill(String(Date.now()).slice(-8));
  await dialog.getByRole("combobox", { name: "Account manager" }).click();
  await page.getByRole("option").first().click();
  await dialog.getByRole("button", { name: "Save" }).dblclick();
  await expect(page.getByRole("heading", { name: company, level: 1 })).toBeVisible();
  const organization = page.url();

  await test.step("a location, deleted and back again", async () => {
    await page.getByRole("button", { name: "New location" }).first().click();
    await dialog.getByLabel("Name").fill("Bakery");
    await dialog.getByLabel("Country").fill("1x");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByLabel("Country")).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel("Country").fill("de");
    await dialog.getByRole("button", { name: "Save" }).click();
    const locations = page.getByRole("table", { name: "Locations" });
    await expect(locations).toContainText("Bakery");
    await locations.getByRole("button", { name: "Delete Bakery" }).click();
    await expect(locations).toHaveCount(0);
    await toast(page, "Bakery is deleted").getByRole("button", { name: "Undo" }).click();
    await expect(locations).toContainText("DE");
  });

  await test.step("a maker and a model, and a device of it", async () => {
    const maker = unique("Acme ");
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByRole("link", { name: "Device catalogues" }).click();
    await page.getByRole("button", { name: "New manufacturer" }).click();
    await dialog.getByLabel("Name").fill(maker);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("table", { name: "Manufacturers" })).toContainText(maker);
    await page.getByRole("tab", { name: "Models" }).click();
    await page.getByRole("button", { name: "New model" }).click();
    await dialog.getByRole("combobox", { name: "Manufacturer" }).fill(maker);
    await page.getByRole("option", { name: maker }).click();
    await dialog.getByLabel("Name").fill("Tape 9000");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("row", { name: new RegExp(`Tape 9000.*${maker}`) })).toBeVisible();
    await expectAccessible(page);

    await page.goto(organization);
    await page.getByRole("button", { name: "New device" }).click();
    await dialog.getByLabel("Host name").fill("tape 1");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByLabel("Host name")).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel("Host name").fill(`tape-${String(Date.now())}`);
    await dialog.getByRole("combobox", { name: "Manufacturer" }).fill(maker);
    await page.getByRole("option", { name: maker }).click();
    await dialog.getByRole("combobox", { name: "Model" }).click();
    await page.getByRole("option", { name: "Tape 9000" }).click();
    await dialog.getByLabel("Warranty until").fill("2030-01-31");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("table", { name: "Devices" }).getByRole("link").click();
    await expect(page.getByText(`${maker} Tape 9000`)).toBeVisible();
    await expect(page.getByText("Jan 31, 2030")).toBeVisible();
  });

  await test.step("what is in use is not deleted, and it is said by what", async () => {
    await page.goto(organization);
    await page.getByRole("button", { name: `Delete ${company}` }).click();
    await expect(toast(page, `${company} was not deleted`)).toContainText(/in use by 1 device/);
    await page.getByRole("table", { name: "Devices" }).getByRole("link").click();
    await page.getByRole("button", { name: /^Delete tape-/ }).click();
    await expect(page.getByRole("heading", { name: "Devices", level: 1 })).toBeVisible();
  });
});

test("two people change the same contact: nobody's words are lost", async ({ page, request }) => {
  const { headers } = await session(request, "admin@demo.test");
  const list = (await (await request.get("/api/contacts?q=Nadia", { headers })).json()) as {
    items: { id: string; name: string }[];
  };
  const contact = list.items[0];
  if (!contact) throw new Error("the demo data has no Nadia any more");
  await enter(page, "agent@demo.test", `/contacts/${contact.id}`);
  await page.getByRole("button", { name: "Change", exact: true }).click();
  const dialog = page.getByRole("dialog");
  const position = unique("Clerk ");
  const email = `${unique("clerk-")}@arborlegal.example`;
  await dialog.getByLabel("Position").fill(position);
  const other = await request.patch(`/api/contacts/${contact.id}`, { headers, data: { email } });
  expect(other.status()).toBe(200);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("Somebody else saved first")).toBeVisible();
  await dialog.getByRole("button", { name: "Save mine over it" }).click();
  await expect(page.getByText(`Contact · ${position}`)).toBeVisible();
  // What the other one changed is still there.
  await expect(page.getByText(email)).toBeVisible();
});

test("a customer is found by the code that it says on the telephone", async ({ page }) => {
  await enter(page, "agent@demo.test");
  await page.getByRole("link", { name: "Organizations" }).click();
  await page.getByRole("searchbox", { name: "Search organizations" }).fill("4471");
  await expect(page).toHaveURL(/q=4471/);
  await expect(page.getByRole("table", { name: "Organizations" }).getByRole("row")).toHaveCount(2);
  await expect(page.getByRole("link", { name: "Halden Logistics" })).toBeVisible();
});

test("a viewer reads the directory and has no buttons in it", async ({ page }) => {
  await enter(page, "viewer@demo.test");
  for (const name of ["Organizations", "Contacts", "Devices"]) {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();
    await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
    await expect(page.getByRole("main").getByRole("button", { name: /^New/ })).toHaveCount(0);
    const first = page.getByRole("table", { name }).getByRole("link").first();
    const words = String(await first.textContent());
    await page.getByRole("searchbox", { name: `Search ${name.toLowerCase()}` }).fill(words);
    await expect(page).toHaveURL(/q=/);
    await expect(page.getByRole("table", { name }).getByRole("row")).toHaveCount(2);
    await first.click();
    await expect(page.getByRole("heading", { name: words, level: 1 })).toBeVisible();
    await expect(page.getByRole("main").getByRole("button", { name: /Change|Delete|Link|Unlink|New/ })).toHaveCount(0);
  }
});
