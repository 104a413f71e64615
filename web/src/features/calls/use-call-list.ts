import { type Schemas, api, client } from "~/api/client";
import { type Page, pagedList } from "~/lib/paged-list";
import { type CallSearch, filtersOf } from "./search";

export type CallLine = Schemas["CallRow"];
export type CallDetail = Schemas["CallDetailRow"];

export function callQuery(id: string) {
  return api.queryOptions("get", "/api/calls/{id}", { params: { path: { id } } });
}

function parametersOf(search: CallSearch) {
  return { ...filtersOf(search), ...(search.sort && { sort: search.sort }) };
}

async function load(search: CallSearch, limit: number, cursor?: string, signal?: AbortSignal) {
  const query = { ...parametersOf(search), limit, ...(cursor && { cursor }) };
  const { data } = await client.GET("/api/calls", { params: { query }, ...(signal && { signal }) });
  // Failures are thrown by the client.
  return data as Page<CallLine>;
}

/** The list of calls. */
export const callList = pagedList<CallSearch, CallLine>({
  name: "list of calls",
  parametersOf,
  load,
  loadRow: async (queries, id) => lineOf(await queries.fetchQuery({ ...callQuery(id), staleTime: 0 })),
  // What was found of the words stays.
  keep: (old, now) => ({ ...now, excerpt: now.excerpt ?? old.excerpt }),
});

/** What the list shows of a call with everything around it. */
export function lineOf(call: CallDetail): CallLine {
  const { transcript, turns, interactions, usage, carrierCharges, modelCostUsd, telephonyCostUsd, analysis, ...line } =
    call;
  void [transcript, turns, interactions, usage, carrierCharges, modelCostUsd, telephonyCostUsd, analysis];
  return line;
}
