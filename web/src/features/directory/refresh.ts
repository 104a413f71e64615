import type { QueryKey } from "@tanstack/react-query";

const lists = [
  "/api/organizations",
  "/api/organizations/{id}",
  "/api/organizations/{id}/contacts",
  "/api/organizations/{id}/devices",
  "/api/contacts",
  "/api/contacts/{id}",
  "/api/devices",
  "/api/devices/{id}",
  "/api/locations",
  "/api/account-managers",
];

/** What may show something of the directory: names of one thing stand on the pages of others. */
export const DIRECTORY: QueryKey[] = [...lists.map((path) => ["get", path]), ["choices"]];

/** The catalogues that devices are described with. */
export const CATALOGUES: QueryKey[] = [
  ["get", "/api/device-manufacturers"],
  ["get", "/api/device-models"],
  ["get", "/api/operating-systems"],
  ["get", "/api/domains"],
  ["choices"],
];
