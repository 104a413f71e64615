import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { Problem } from "~/api/problem";
import { show } from "~/test/render";
import { showAtFields, useKeptForm } from "./kept-form";

function Form() {
  const form = useKeptForm("test", { initialValues: { name: "as it was" } });
  return (
    <>
      <input aria-label="name" {...form.getInputProps("name")} />
      <button onClick={() => form.settle({ name: form.values.name })}>save</button>
      <button onClick={() => form.settle()}>discard</button>
      <output>{form.restored ? "restored" : form.isDirty() ? "dirty" : "clean"}</output>
    </>
  );
}

test("what was typed is there again until it is saved or discarded", async () => {
  const first = show(<Form />);
  await userEvent.type(screen.getByLabelText("name"), "!");
  expect(screen.getByText("dirty")).toBeVisible();
  first.unmount();

  const second = show(<Form />);
  expect(screen.getByLabelText("name")).toHaveValue("as it was!");
  expect(screen.getByText("restored")).toBeVisible();
  await userEvent.click(screen.getByText("discard"));
  expect(screen.getByLabelText("name")).toHaveValue("as it was");
  expect(screen.getByText("clean")).toBeVisible();
  await userEvent.type(screen.getByLabelText("name"), "?");
  await userEvent.click(screen.getByText("save"));
  expect(screen.getByLabelText("name")).toHaveValue("as it was?");
  expect(screen.getByText("clean")).toBeVisible();
  second.unmount();

  show(<Form />);
  expect(screen.getByLabelText("name")).toHaveValue("as it was");
});

test("faults go to their fields, and the rest is given back with its fields named", () => {
  const shown: Record<string, string>[] = [];
  const form = { setErrors: (errors: Record<string, string>) => void shown.push(errors) };
  const fault = (...fields: string[]) =>
    new Problem("refused", {
      status: 422,
      code: "validation_failed",
      requestId: "r-1",
      fields: fields.map((field) => ({ field, message: "is wrong" })),
    });
  expect(showAtFields(form, fault("name"), (field) => field === "name")).toBeNull();
  const rest = showAtFields(form, fault("name", "other"), (field) => field === "name");
  expect(rest?.message).toBe("other: is wrong");
  expect(rest?.requestId).toBe("r-1");
  expect(shown).toEqual([{ name: "is wrong" }, { name: "is wrong" }]);
});
