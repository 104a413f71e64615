import type { Named } from "~/components/remote-choice";
import { client } from "./client";

/** Rows that a field offers at a time. */
const limit = 30;

type Load = (words: string | undefined, signal: AbortSignal) => Promise<Named[]>;

/** What fields look for while one types. */
export const organizations: Load = async (q, signal) => {
  const { data } = await client.GET("/api/organizations", { params: { query: { q, limit, sort: "name" } }, signal });
  return (data?.items ?? []).map(({ id, name, ueCode }) => ({ id, name, hint: ueCode }));
};

export const accountManagers: Load = async (q, signal) => {
  const { data } = await client.GET("/api/account-managers", { params: { query: { q, limit, sort: "name" } }, signal });
  return data?.items ?? [];
};

export const locationsOf =
  (organizationId: string): Load =>
  async (q, signal) => {
    const query = { q, limit, organizationId: [organizationId], sort: "name" };
    const { data } = await client.GET("/api/locations", { params: { query }, signal });
    return (data?.items ?? []).map(({ id, name, city }) => ({ id, name, hint: city }));
  };

export const contactsOf =
  (organizationId: string): Load =>
  async (q, signal) => {
    const query = { q, limit, organizationId: [organizationId], sort: "name" };
    const { data } = await client.GET("/api/contacts", { params: { query }, signal });
    return (data?.items ?? []).map(({ id, name, email }) => ({ id, name, hint: email }));
  };

export const devicesOf =
  (organizationId: string): Load =>
  async (q, signal) => {
    const query = { q, limit, org: [organizationId], sort: "name" };
    const { data } = await client.GET("/api/devices", { params: { query }, signal });
    return (data?.items ?? []).map(({ id, name, serialNumber }) => ({ id, name, hint: serialNumber }));
  };

export const manufacturers: Load = async (q, signal) => {
  const { data } = await client.GET("/api/device-manufacturers", { params: { query: { q, limit } }, signal });
  return data?.items ?? [];
};

export const modelsOf =
  (manufacturerId: string): Load =>
  async (q, signal) => {
    const query = { q, limit, ...(manufacturerId && { manufacturerId: [manufacturerId] }) };
    const { data } = await client.GET("/api/device-models", { params: { query }, signal });
    return data?.items ?? [];
  };

export const operatingSystems: Load = async (q, signal) => {
  const { data } = await client.GET("/api/operating-systems", { params: { query: { q, limit } }, signal });
  return (data?.items ?? []).map(({ id, name, osVersion }) => ({ id, name: `${name} ${osVersion}`.trim() }));
};

export const domains: Load = async (q, signal) => {
  const { data } = await client.GET("/api/domains", { params: { query: { q, limit } }, signal });
  return data?.items ?? [];
};
