import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { Devices } from "~/features/directory/lists";
import { DirectorySearch } from "~/features/directory/parts";

export const Route = createFileRoute("/_app/devices/")({
  validateSearch: DirectorySearch,
  component: DevicesRoute,
});

function DevicesRoute() {
  const navigate = useNavigate({ from: Route.fullPath });
  return (
    <Devices search={Route.useSearch()} onSearch={(search) => void navigate({ to: ".", search, replace: true })} />
  );
}
