import { createFileRoute } from "@tanstack/react-router";
import { OrganizationPage } from "~/features/directory/details";

export const Route = createFileRoute("/_app/organizations/$organization")({ component: OrganizationPageRoute });

function OrganizationPageRoute() {
  const { organization } = Route.useParams();
  return <OrganizationPage key={organization} id={organization} />;
}
