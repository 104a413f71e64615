import { useQueryClient } from "@tanstack/react-query";
import { type TicketDetail, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { showDone, showProblem } from "~/components/toast";
import { type Target, accept } from "./change";
import { patchDetails } from "./lines";
import { knownRow } from "./use-ticket-list";

/** Requests that are on their way at a time. */
const TOGETHER = 4;

interface Given {
  ticket: TicketDetail;
  /** Whose it was; null for nobody, undefined when that is not known. */
  before: string | null | undefined;
}

/** Gives tickets to a team: whose turn it is in it is decided by the server, so it is shown when that is known. */
export function useGiveToTeam() {
  const queries = useQueryClient();
  const assigneeOf = (id: string): string | null | undefined => {
    let now: { id: string } | null | undefined = knownRow(queries, id)?.assignee;
    patchDetails(queries, [id], (ticket) => {
      now = ticket.assignee;
      return ticket;
    });
    return now === undefined ? undefined : (now?.id ?? null);
  };
  const send = async (id: string, body: { teamId: string } | { supportAgentId: string | null }) => {
    const { data } = await client.POST("/api/tickets/{id}/assign", { params: { path: { id } }, body });
    // Failures are thrown by the client.
    const ticket = data as TicketDetail;
    accept(queries, ticket);
    return ticket;
  };
  return async (targets: Target[], team: { id: string; name: string }): Promise<void> => {
    const given: Given[] = [];
    const failures: { label: string; problem: Problem }[] = [];
    await inGroups(targets, async ({ id, label }) => {
      const before = assigneeOf(id);
      try {
        given.push({ ticket: await send(id, { teamId: team.id }), before });
      } catch (error) {
        failures.push({ label, problem: Problem.of(error) });
      }
    });
    const [failed] = failures;
    if (failed) {
      const which = failures.length === 1 ? failed.label : `${String(failures.length)} tickets`;
      showProblem(`${which} did not go to ${team.name}`, failed.problem);
    }
    if (given.length === 0) return;
    const back = given.filter(({ before }) => before !== undefined);
    const undo = () => inGroups(back, ({ ticket, before }) => send(ticket.id, { supportAgentId: before ?? null }));
    showDone(sentence(given, team.name), back.length > 0 ? undo : undefined);
  };
}

function sentence(given: Given[], team: string): string {
  const [first] = given;
  if (given.length > 1 || !first) return `${String(given.length)} tickets: given to ${team}`;
  return `${first.ticket.label}: assigned to ${first.ticket.assignee?.name ?? "nobody"} of ${team}`;
}

async function inGroups<T>(all: T[], work: (one: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < all.length; from += TOGETHER) {
    await Promise.all(all.slice(from, from + TOGETHER).map(work));
  }
}
