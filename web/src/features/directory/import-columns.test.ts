import { expect, test } from "vitest";
import { namesIn } from "./import-columns";

test.each([
  ["name,ueCode\nA,1", ["name", "ueCode"]],
  ["\uFEFFName;U-E code;Notes\r\n", ["Name", "U-E code", "Notes"]],
  ["Host name\tSerial no", ["Host name", "Serial no"]],
  ['"Company, legal",Phone', ["Company, legal", "Phone"]],
  ['"He said ""hi""",b', ['He said "hi"', "b"]],
  ['"two\nlines",b\n1,2', ["two\nlines", "b"]],
  ["", []],
])("the names in %j", (text, names) => {
  expect(namesIn(text)).toEqual(names);
});
