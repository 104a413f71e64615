import type { ReactNode } from "react";
import { Group } from "@mantine/core";
import { locationsOf, organizations } from "~/api/choices";
import { RemoteChoice } from "~/components/remote-choice";

interface Known {
  id: string;
  name: string;
}

interface FieldProps {
  value?: string;
  error?: ReactNode;
  onChange: (value: string) => void;
}

interface Props {
  organizationId: string;
  organization: Known | null | undefined;
  location: Known | null | undefined;
  fieldOf: (name: "organizationId" | "locationId") => FieldProps;
  /** Another organization has other locations. */
  onOrganization: (id: string) => void;
}

/** Whose it is, and at which of their locations. */
export function PlaceFields({ organizationId, organization, location, fieldOf, onOrganization }: Props) {
  return (
    <Group grow align="start">
      <RemoteChoice
        label="Organization"
        clearable={false}
        among={["organizations"]}
        load={organizations}
        known={organization}
        {...fieldOf("organizationId")}
        onChange={onOrganization}
      />
      <RemoteChoice
        key={organizationId}
        label="Location"
        placeholder="None"
        disabled={organizationId === ""}
        among={["locations", organizationId]}
        load={locationsOf(organizationId)}
        known={location}
        {...fieldOf("locationId")}
      />
    </Group>
  );
}
