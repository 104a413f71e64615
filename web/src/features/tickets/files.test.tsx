import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Problem } from "~/api/problem";
import { show } from "~/test/render";
import { FileTray } from "./file-tray";
import { faultOf, useFiles } from "./files";

const upload = vi.hoisted(() => vi.fn());
vi.mock("~/api/upload", () => ({ upload }));

test.each([
  ["gateway.log", 10, null],
  ["photo.JPEG", 10, null],
  ["setup.exe", 10, /^Only txt/],
  ["png", 10, /^Only txt/],
  ["long.txt", 5 * 1024 * 1024 + 1, "Larger than 5 MB"],
  ["empty.txt", 0, "The file is empty"],
])("%s of %i bytes", (name, size, fault) => {
  if (fault === null) expect(faultOf({ name, size })).toBeNull();
  else expect(faultOf({ name, size })).toMatch(fault);
});

function Tray() {
  const files = useFiles("ticket1");
  return (
    <>
      <button onClick={() => files.add([new File(["a"], "a.txt"), new File(["b"], "b.txt")])}>Choose</button>
      <button onClick={() => void files.send("message1")}>Send</button>
      <FileTray files={files} />
    </>
  );
}

test("a file that was not taken stays, with the reason, and goes to the same message again", async () => {
  upload.mockResolvedValueOnce({});
  upload.mockRejectedValueOnce(new Problem("the disk is full", { status: 503, code: "unavailable", requestId: "r-9" }));
  upload.mockResolvedValueOnce({});
  show(<Tray />);
  await userEvent.click(screen.getByText("Choose"));
  await userEvent.click(screen.getByText("Send"));
  expect(await screen.findByText("the disk is full (request r-9)")).toBeInTheDocument();
  expect(screen.queryByText("a.txt")).not.toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Send b.txt again" }));
  await waitFor(() => expect(screen.queryByText("b.txt")).not.toBeInTheDocument());
  const sent = upload.mock.calls.map((call) => {
    const { file, messageId } = call[0] as { file: File; messageId: string };
    return [file.name, messageId];
  });
  expect(sent).toEqual([
    ["a.txt", "message1"],
    ["b.txt", "message1"],
    ["b.txt", "message1"],
  ]);
});
