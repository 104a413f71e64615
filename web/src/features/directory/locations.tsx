import { MapPin } from "lucide-react";
import { type Schemas, client } from "~/api/client";
import { useIsAdmin, useMayAct } from "~/api/session";
import { useCollection } from "~/components/collection";
import { usePages } from "~/lib/pages";
import { LocationForm, locationBody } from "./location-form";
import { DIRECTORY } from "./refresh";

/** The sites of an organization. */
export function useLocations(organization: { id: string; name: string }) {
  const mayAct = useMayAct();
  const isAdmin = useIsAdmin();
  const list = usePages(["get", "/api/locations", organization.id], (at, signal) =>
    client.GET("/api/locations", {
      params: { query: { limit: 50, organizationId: [organization.id], sort: "name", ...at } },
      signal,
    }),
  );
  return useCollection<Schemas["LocationRow"]>({
    one: "location",
    many: "locations",
    list,
    refresh: DIRECTORY,
    columns: ["Name", "Address", "Phone", "Time zone"],
    cells: (row) => [
      row.name,
      [row.address, row.city, row.country].filter(Boolean).join(", "),
      row.phone,
      row.timezone?.replace(/_/g, " "),
    ],
    nameOf: ({ name }) => name,
    empty: { icon: MapPin, title: "No locations yet", about: "Sites of the customer, with their address and clocks." },
    form: (row, onDone) => <LocationForm row={row} organization={organization} onCancel={onDone} onSaved={onDone} />,
    mayChange: mayAct,
    mayDelete: isAdmin,
    remove: (id) => client.DELETE("/api/locations/{id}", { params: { path: { id } } }),
    restore: (row, params) => client.POST("/api/locations", { params, body: locationBody(row) }),
  });
}
