import createClient from "openapi-fetch";
import createQueryClient from "openapi-react-query";
import { Problem } from "./problem";
import type { components, paths } from "./schema";
import { currentToken, freshToken, refresh } from "./session";

export type Schemas = components["schemas"];
export type TicketLine = Schemas["TicketLine"];
export type TicketDetail = Schemas["TicketDetail"];
export type Message = Schemas["MessageRow"];
export type Suggestion = Schemas["TicketSuggestion"];
export type Lookups = Schemas["LookupLists"];
export type Choice = Schemas["Choice"];

async function send(request: Request, token: string | null): Promise<Response> {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw Problem.offline();
  }
}

/** Sends a request with the access token; when that is refused, renews it and tries once more. Failures are thrown. */
export async function authorizedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await freshToken();
  let response = await send(request, token);
  if (response.status === 401 && token) {
    // Another request may have renewed it in the meantime.
    const renewed = currentToken() === token ? (await refresh())?.token : currentToken();
    if (renewed) response = await send(again, renewed);
  }
  if (!response.ok) throw await Problem.from(response);
  return response;
}

/** Typed requests. */
export const client = createClient<paths>({ baseUrl: location.origin, fetch: authorizedFetch });

/** Typed queries and mutations. Keys are [method, path, parameters]. */
export const api = createQueryClient(client);
