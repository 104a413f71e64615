import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { Contacts } from "~/features/directory/lists";
import { DirectorySearch } from "~/features/directory/parts";

export const Route = createFileRoute("/_app/contacts/")({
  validateSearch: DirectorySearch,
  component: ContactsRoute,
});

function ContactsRoute() {
  const navigate = useNavigate({ from: Route.fullPath });
  return (
    <Contacts search={Route.useSearch()} onSearch={(search) => void navigate({ to: ".", search, replace: true })} />
  );
}
