import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { Organizations } from "~/features/directory/lists";
import { DirectorySearch } from "~/features/directory/parts";

export const Route = createFileRoute("/_app/organizations/")({
  validateSearch: DirectorySearch,
  component: OrganizationsRoute,
});

function OrganizationsRoute() {
  const navigate = useNavigate({ from: Route.fullPath });
  return (
    <Organizations
      search={Route.useSearch()}
      onSearch={(search) => void navigate({ to: ".", search, replace: true })}
    />
  );
}
