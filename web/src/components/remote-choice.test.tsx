import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { show } from "~/test/render";
import { type Named, RemoteChoice } from "./remote-choice";

const ALL: Named[] = [
  { id: "o1", name: "Arbor Legal", hint: "73055" },
  { id: "o2", name: "Birch & Co", hint: "1234" },
];

test("what is typed is looked for by the server; what is chosen is not", async () => {
  const load = vi.fn(async (words: string | undefined) =>
    ALL.filter(({ name }) => name.toLowerCase().includes((words ?? "").toLowerCase())),
  );
  const chosen: string[] = [];
  function Field() {
    const [value, setValue] = useState("o1");
    return (
      <RemoteChoice
        label="Organization"
        among={["organizations"]}
        load={load}
        known={{ id: "o1", name: "Arbor Legal" }}
        value={value}
        onChange={(next) => {
          chosen.push(next);
          setValue(next);
        }}
      />
    );
  }
  show(<Field />);
  const field = screen.getByRole("combobox", { name: "Organization" });
  // Its name is there before anything is loaded, and is not what is looked for.
  expect(field).toHaveValue("Arbor Legal");
  await waitFor(() => expect(load).toHaveBeenCalledTimes(1));
  expect(load.mock.calls[0]?.[0]).toBe(undefined);
  await userEvent.click(field);
  expect(await screen.findByRole("option", { name: /Birch & Co.*1234/, hidden: true })).toBeInTheDocument();
  await userEvent.clear(field);
  await userEvent.type(field, "bir");
  await waitFor(() => expect(load.mock.calls.at(-1)?.[0]).toBe("bir"));
  await userEvent.click(await screen.findByRole("option", { name: /Birch/, hidden: true }));
  expect(chosen.at(-1)).toBe("o2");
  expect(field).toHaveValue("Birch & Co");
});
