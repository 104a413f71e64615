import { expect, test } from "vitest";
import { z } from "~/lib/zod";
import { TicketSearch } from "./search";

test.each([
  [{}, {}],
  [
    { status: "OPEN,ESCALATED", q: "vpn" },
    { status: "OPEN,ESCALATED", q: "vpn" },
  ],
  [{ status: "escalated,nonsense" }, { status: "ESCALATED" }],
  [{ status: "nonsense", priority: "URGENT", other: "1" }, { priority: "URGENT" }],
  [{ q: "x".repeat(201) }, {}],
])("the address %j", (address, search) => {
  expect(JSON.parse(JSON.stringify(z.parse(TicketSearch, address)))).toEqual(search);
});
