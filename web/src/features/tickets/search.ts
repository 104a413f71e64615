import { z } from "~/lib/zod";

export const STATUSES = ["OPEN", "IN_PROGRESS", "WAITING_ON_CUSTOMER", "ESCALATED", "RESOLVED", "CLOSED"] as const;
export const PRIORITIES = ["LOW", "MEDIUM", "HIGH", "URGENT"] as const;

/** Values with commas between them; what is not allowed is left out, so that an old address still opens. */
function anyOf(allowed: readonly string[]) {
  return z.catch(
    z.optional(
      z.pipe(
        z.string(),
        z.transform((text) => {
          const wanted = text.toUpperCase().split(",");
          return allowed.filter((value) => wanted.includes(value)).join(",") || undefined;
        }),
      ),
    ),
    undefined,
  );
}

/** Filters of the list, as they are in the address: a view is an address. */
export const TicketSearch = z.object({
  status: anyOf(STATUSES),
  priority: anyOf(PRIORITIES),
  q: z.catch(z.optional(z.string().check(z.maxLength(200))), undefined),
});

export type TicketSearch = z.infer<typeof TicketSearch>;

/** The values of a filter. */
export function values(filter: string | undefined): string[] {
  return filter ? filter.split(",") : [];
}
